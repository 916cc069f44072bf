//! What is drawn from it: swarms, flat minima, training, structure.

use super::super::{Answer, Claims, Statement};
use super::derivations::{
    FLAT_MINIMA, GRADIENT_HACKING, IMPLICIT_REGULARISATION, LABEL_NOISE, LEAST_RATTLING, LOOSE_PARALLEL,
    MODULARITY, REGULARISATION, STATIONARY, SWARM, TRAINING_RUN,
};

#[rustfmt::skip]
pub(super) const CONSEQUENCES: &[Statement] = &[
    Statement {
        id: "D1",
        said: "Fish that are slower in the shade gather there.",
        answer: Answer::TrueWhere,
        conditions: "for Ito noise with isotropic D, p ~ 1/D, and for fish that run and tumble at the \
                     speed v(x), p ~ 1/v",
        systems: &["swarm"],
        claims: &[
            Claims {
                file: SWARM,
                holds: &["independent", "tumbling_right", "tumbling_left", "tumbling_total"],
                fails: &["as_isothermal", "tumbling_square"],
            },
        ],
    },
    Statement {
        id: "D2",
        said: "A school that keeps together turns to the shade as a whole, because the part in the shade slows.",
        answer: Answer::Measured,
        conditions: "with diffusing walkers and with fish that have headings, cohesion and alignment: \
                     where it settles, how its heading turns, how fast beside a single fish",
        systems: &["swarm"],
        claims: &[
            Claims {
                file: SWARM,
                holds: &["centre_diffuses", "tight", "mean_of_R"],
                fails: &["as_one_walker", "product_at_rest"],
            },
        ],
    },
    Statement {
        id: "D3",
        said: "Loosely coupled parallel training is drawn to low noise.",
        answer: Answer::Measured,
        conditions: "against training that is synchronised at every step, with the same data",
        systems: &["loose-parallel"],
        claims: &[
            Claims {
                file: LOOSE_PARALLEL,
                holds: &["pair_noise", "drift_alone", "drift_together", "rate_of_centre", "gain"],
                fails: &["noise_kept", "loose_is_slow"],
            },
        ],
    },
    Statement {
        id: "E1",
        said: "Flat minima have low noise.",
        answer: Answer::False,
        conditions: "u = ±a theta is flat and noisy; Sigma = Hbar holds for a well-specified likelihood \
                     at the true parameter",
        systems: &["flat-minima"],
        claims: &[
            Claims {
                file: FLAT_MINIMA,
                holds: &["score", "information", "gaussian", "flat", "noisy", "misspecified"],
                fails: &["flat_is_quiet", "misspecified_equal", "off_the_optimum", "logistic_half_half", "in_general"],
            },
        ],
    },
    Statement {
        id: "E1b",
        said: "A flat minimum with much noise predicts some points well and others badly, robustly.",
        answer: Answer::TrueWhere,
        conditions: "of the example that is built for it: a mixture of two groups with residuals of different size",
        systems: &["flat-minima"],
        claims: &[
            Claims {
                file: FLAT_MINIMA,
                holds: &["groups_flat", "groups_noisy", "groups_well", "groups_badly", "robust"],
                fails: &["groups_equal"],
            },
        ],
    },
    Statement {
        id: "E2",
        said: "Near a local minimum both terms shrink.",
        answer: Answer::TrueWhere,
        conditions: "true where every sample can be fitted; with label noise Sigma stays, and on the \
                     valley ab = c so does the drift",
        systems: &["label-noise"],
        claims: &[
            Claims {
                file: LABEL_NOISE,
                holds: &["no_gradient", "noise", "divergence", "quiet", "still"],
                fails: &["dies_out"],
            },
        ],
    },
    Statement {
        id: "E2b",
        said: "SGD at a fixed learning rate does not converge under noise; at a decaying one it does.",
        answer: Answer::True,
        conditions: "the stationary covariance is of order eta; with sum eta = infinity and sum eta^2 \
                     finite it goes to zero",
        systems: &["label-noise"],
        claims: &[
            Claims {
                file: LABEL_NOISE,
                holds: &["stationary", "order_of_eta", "decaying"],
                fails: &["converges", "order_of_square"],
            },
        ],
    },
    Statement {
        id: "E3",
        said: "Late in training the noise-induced drift dominates.",
        answer: Answer::Measured,
        conditions: "along real runs, with and without label noise",
        systems: &["training-run"],
        claims: &[
            Claims {
                file: TRAINING_RUN,
                holds: &["jitter", "mean_gradient", "of_order_eta"],
                fails: &["at_the_minimum"],
            },
        ],
    },
    Statement {
        id: "E4",
        said: "If all samples have the same gradient there is no drift.",
        answer: Answer::True,
        conditions: "from the noise; at one point is enough for that point, and the finite-step term remains",
        systems: &["gradient-hacking"],
        claims: &[
            Claims {
                file: GRADIENT_HACKING,
                holds: &["no_noise", "no_drift", "finite_steps"],
                fails: &["nothing_left", "one_is_enough", "equal_values"],
            },
        ],
    },
    Statement {
        id: "F1",
        said: "Implicit gradient regularisation is another effect of the same order.",
        answer: Answer::True,
        conditions: "finite steps give -(eta/2) Hbar G, without any noise",
        systems: &["implicit-regularisation"],
        claims: &[
            Claims {
                file: REGULARISATION,
                holds: &["modified_force", "weak_order_2"],
                fails: &["unmodified", "half_for_quarter", "flatter"],
            },
            Claims {
                file: IMPLICIT_REGULARISATION,
                holds: &["modified_flow"],
                fails: &["plain_is_second", "wrong_sign"],
            },
        ],
    },
    Statement {
        id: "F2",
        said: "The regulariser of reshuffled SGD and the noise-induced drift are the same thing.",
        answer: Answer::False,
        conditions: "they share the force -(eta/4n) grad tr Sigma; the drift has Cov(g, tr H) besides, \
                     and reshuffling has no such diffusion",
        systems: &["implicit-regularisation"],
        claims: &[
            Claims {
                file: REGULARISATION,
                holds: &["epoch_mean", "shared", "not_shared"],
                fails: &["same_thing", "drawn_spread"],
            },
            Claims {
                file: IMPLICIT_REGULARISATION,
                holds: &["epoch_mean", "no_diffusion", "two_steps"],
                fails: &["factor_lost", "two_steps_trace"],
            },
        ],
    },
    Statement {
        id: "F3",
        said: "The preference for flat minima needs no noise.",
        answer: Answer::True,
        conditions: "two effects, kept apart: finite steps cannot stay where eta lambda_max > 2; the \
                     force of F1 vanishes at every critical point, and prefers none of the minima of a valley",
        systems: &["flat-minima"],
        claims: &[
            Claims { file: FLAT_MINIMA, holds: &["edge", "growth", "no_force"], fails: &["flattens"] },
        ],
    },
    Statement {
        id: "F3b",
        said: "Flatter basins fill more volume, so that one lands there anyway.",
        answer: Answer::Measured,
        conditions: "the null model for F3 and E1: basins of a loss with two valleys under random \
                     starts, with gradient flow, gradient descent and SGD",
        systems: &["flat-minima"],
        claims: &[],
    },
    Statement {
        id: "F4",
        said: "Least rattling: p ~ exp(-gamma rattling).",
        answer: Answer::TrueWhere,
        conditions: "with gamma = 2/d for isotropic Ito noise without drift, 1/d for Stratonovich's, 0 \
                     isothermal; no constant gamma in general",
        systems: &["least-rattling"],
        claims: &[
            Claims { file: STATIONARY, holds: &["least_rattling"], fails: &["rattling_factor"] },
            Claims {
                file: LEAST_RATTLING,
                holds: &["constant", "ito", "stratonovich", "isothermal", "across", "torus_uniform"],
                fails: &["convention_ignored", "along", "torus_any_constant"],
            },
        ],
    },
    Statement {
        id: "G0",
        said: "Structure that is useful only sometimes is lost when it is not useful.",
        answer: Answer::Conjecture,
        conditions: "an experiment: a feature that is useful with probability q; whether its weight is \
                     removed, as a function of q",
        systems: &["modularity"],
        claims: &[
            Claims { file: MODULARITY, holds: &["to_its_mean", "typical_growth"], fails: &["typical_is_mean"] },
        ],
    },
    Statement {
        id: "G1",
        said: "The drift favours modular networks where tasks are modular.",
        answer: Answer::Conjecture,
        conditions: "an experiment, reported as it comes out",
        systems: &["modularity"],
        claims: &[],
    },
];
