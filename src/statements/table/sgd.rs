//! The drift of SGD itself: one step, many steps, the density, what the drift says.

use super::super::{Answer, Claims, Statement};
use super::derivations::{LABEL_NOISE, POLLEN, REGULARISATION, SGD_BIAS, STATIONARY, TRAINING_RUN, VARIANCE};

#[rustfmt::skip]
pub(super) const SGD: &[Statement] = &[
    Statement {
        id: "A1",
        said: "One SGD step has the mean -eta E[grad u] and the covariance (eta^2/n) Cov[grad u].",
        answer: Answer::True,
        conditions: "exactly, for batches drawn with replacement; without, the covariance is \
                     (N-n)/(N-1) times that",
        systems: &["training-run"],
        claims: &[
            Claims {
                file: SGD_BIAS,
                holds: &["mean_step", "step_noise", "without_repetition", "same_mean"],
                fails: &["sum_for_mean", "wrong_population"],
            },
            Claims { file: TRAINING_RUN, holds: &["noise_distinct"], fails: &["noise_as_ever"] },
        ],
    },
    Statement {
        id: "A2",
        said: "Many steps together are nearly normal.",
        answer: Answer::TrueWhere,
        conditions: "an assumption: true where the gradient has a finite variance and steps are many, \
                     false with heavy tails",
        systems: &["training-run"],
        claims: &[
            Claims { file: TRAINING_RUN, holds: &["variance", "third", "excess"], fails: &["normal_at_once"] },
        ],
    },
    Statement {
        id: "A3",
        said: "With the time eta for a step the path is that of -E[grad u] dt + sqrt(eta/n Cov[grad u]) dW.",
        answer: Answer::TrueWhere,
        conditions: "mean and covariance of a step are those of the increment; that is weak order 1, \
                     which noise of any size has; weak order 2 needs the drift of F1 besides",
        systems: &["implicit-regularisation"],
        claims: &[
            Claims {
                file: SGD_BIAS,
                holds: &["same_increment_mean", "same_increment_noise", "diffusion_matrix"],
                fails: &["lost_two"],
            },
            Claims {
                file: REGULARISATION,
                holds: &["weak_order_1", "weak_order_2"],
                fails: &["unmodified", "no_noise"],
            },
        ],
    },
    Statement {
        id: "A4",
        said: "The density obeys dp/dt = -div(mu p) + div div(D p), so that -div D stands beside mu as a drift.",
        answer: Answer::True,
        conditions: "for every Ito equation with smooth coefficients",
        systems: &[],
        claims: &[
            Claims {
                file: SGD_BIAS,
                holds: &["generator", "adjoint", "continuity", "current_split"],
                fails: &["ficks_law", "sign_of_drift", "no_drift"],
            },
            Claims { file: POLLEN, holds: &["current"], fails: &["fick"] },
        ],
    },
    Statement {
        id: "A5",
        said: "D = x_1 I gives a constant drift along -e_1.",
        answer: Answer::True,
        conditions: "in the current; the mean step is zero",
        systems: &["pollen"],
        claims: &[
            Claims {
                file: POLLEN,
                holds: &["constant_drift", "from_uniform", "from_midpoint"],
                fails: &["uphill", "mean_drifts"],
            },
        ],
    },
    Statement {
        id: "A6",
        said: "A grain spends more time where the noise is lower.",
        answer: Answer::TrueWhere,
        conditions: "true for Ito noise without another drift where D is isotropic or d = 1, p ~ 1/D; \
                     false for isothermal noise, p uniform; false in general for Ito noise too: on the torus D \
                     varies, div D = 0, and p is uniform",
        systems: &["pollen", "birth-death"],
        claims: &[
            Claims {
                file: POLLEN,
                holds: &["at_rest", "isothermal_at_rest", "torus_divergence", "torus_at_rest"],
                fails: &["uniform_at_rest", "isothermal_colder", "torus_constant", "torus_by_trace"],
            },
            Claims { file: STATIONARY, holds: &["ito_density", "isotropic", "isothermal_density"], fails: &[] },
        ],
    },
    Statement {
        id: "A7",
        said: "The noise-induced drift of SGD is -(eta/2n) div Cov[grad u].",
        answer: Answer::True,
        conditions: "in the current; it is not in the mean step",
        systems: &["label-noise", "variance"],
        claims: &[
            Claims {
                file: SGD_BIAS,
                holds: &["noise_induced", "seen_midway", "at_source"],
                fails: &["seen_midway_up", "n_upside_down", "mean_drifts"],
            },
            Claims { file: LABEL_NOISE, holds: &["balances", "one_step", "same_rate"], fails: &["conserved"] },
        ],
    },
    Statement {
        id: "A8",
        said: "To keep it and drop other terms is right to first order in eta.",
        answer: Answer::False,
        conditions: "-(eta/2) Hbar G is of the same order; it is negligible only where n |Hbar G| << |div Sigma|",
        systems: &["implicit-regularisation"],
        claims: &[
            Claims { file: SGD_BIAS, holds: &["finite_step"], fails: &["dropped_step"] },
        ],
    },
    Statement {
        id: "A9",
        said: "The drift points to less gradient variance.",
        answer: Answer::TrueWhere,
        conditions: "true in one dimension and for isotropic covariance; false in general: at (0, 0) of \
                     u = ±(3 a^2/2 - b^2/2 + b), div Sigma = (0, 1) and grad tr Sigma = (0, -2)",
        systems: &["variance"],
        claims: &[
            Claims { file: SGD_BIAS, holds: &["one_dimension", "two_halves"], fails: &["gradient_only"] },
            Claims {
                file: VARIANCE,
                holds: &["isotropic", "downhill", "at_origin", "trace_slope", "uphill"],
                fails: &["downhill_always", "along_the_trace"],
            },
        ],
    },
];
