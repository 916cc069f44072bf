//! The table: what is said, the answer, its conditions, and what must come out for it.

use super::{Answer, Claims, Statement};

const CONVENTIONS: &str = "derivations/conventions.md";
const LATTICE: &str = "derivations/lattice.md";
const REGULARISATION: &str = "derivations/regularisation.md";
const SGD_BIAS: &str = "derivations/sgd-bias.md";
const STATIONARY: &str = "derivations/stationary.md";
const BIRTH_DEATH: &str = "derivations/systems/birth-death.md";
const DIODE_RESISTOR: &str = "derivations/systems/diode-resistor.md";
const FLAT_MINIMA: &str = "derivations/systems/flat-minima.md";
const GRADIENT_HACKING: &str = "derivations/systems/gradient-hacking.md";
const IMPLICIT_REGULARISATION: &str = "derivations/systems/implicit-regularisation.md";
const LABEL_NOISE: &str = "derivations/systems/label-noise.md";
const LEAST_RATTLING: &str = "derivations/systems/least-rattling.md";
const LOOSE_PARALLEL: &str = "derivations/systems/loose-parallel.md";
const MODULARITY: &str = "derivations/systems/modularity.md";
const POLLEN: &str = "derivations/systems/pollen.md";
const ROCK_PILE: &str = "derivations/systems/rock-pile.md";
const SWARM: &str = "derivations/systems/swarm.md";
const TRAINING_RUN: &str = "derivations/systems/training-run.md";
const VARIANCE: &str = "derivations/systems/variance.md";

/// The texts of the derivations that the table names, by their files.
#[rustfmt::skip]
pub(super) const DERIVATIONS: &[(&str, &str)] = &[
    (CONVENTIONS, include_str!("../../derivations/conventions.md")),
    (LATTICE, include_str!("../../derivations/lattice.md")),
    (REGULARISATION, include_str!("../../derivations/regularisation.md")),
    (SGD_BIAS, include_str!("../../derivations/sgd-bias.md")),
    (STATIONARY, include_str!("../../derivations/stationary.md")),
    (BIRTH_DEATH, include_str!("../../derivations/systems/birth-death.md")),
    (DIODE_RESISTOR, include_str!("../../derivations/systems/diode-resistor.md")),
    (FLAT_MINIMA, include_str!("../../derivations/systems/flat-minima.md")),
    (GRADIENT_HACKING, include_str!("../../derivations/systems/gradient-hacking.md")),
    (IMPLICIT_REGULARISATION, include_str!("../../derivations/systems/implicit-regularisation.md")),
    (LABEL_NOISE, include_str!("../../derivations/systems/label-noise.md")),
    (LEAST_RATTLING, include_str!("../../derivations/systems/least-rattling.md")),
    (LOOSE_PARALLEL, include_str!("../../derivations/systems/loose-parallel.md")),
    (MODULARITY, include_str!("../../derivations/systems/modularity.md")),
    (POLLEN, include_str!("../../derivations/systems/pollen.md")),
    (ROCK_PILE, include_str!("../../derivations/systems/rock-pile.md")),
    (SWARM, include_str!("../../derivations/systems/swarm.md")),
    (TRAINING_RUN, include_str!("../../derivations/systems/training-run.md")),
    (VARIANCE, include_str!("../../derivations/systems/variance.md")),
];

/// All statements, in the order in which they are to be read.
#[must_use]
pub fn table() -> &'static [Statement] {
    TABLE
}

#[rustfmt::skip]
static TABLE: &[Statement] = &[
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
    Statement {
        id: "B1",
        said: "A diffusion that varies without any difference of temperature makes no gradient of concentration.",
        answer: Answer::True,
        conditions: "for isothermal noise, or rates of the bond: a pile of rocks",
        systems: &["rock-pile"],
        claims: &[
            Claims {
                file: ROCK_PILE,
                holds: &["door_at_rest", "rocks_at_rest", "heat_at_rest"],
                fails: &["door_like_source", "heat_uniform", "mobility_counts"],
            },
            Claims { file: LATTICE, holds: &["bond_density"], fails: &["bond_drifts"] },
        ],
    },
    Statement {
        id: "B2",
        said: "Hot molecules enter a cold region faster than cold ones leave it; they enter a pile of \
               rocks no faster than they leave it.",
        answer: Answer::True,
        conditions: "rates of the source against rates of the bond",
        systems: &["rock-pile"],
        claims: &[
            Claims { file: ROCK_PILE, holds: &["hot_and_cold", "in_and_out"], fails: &["rocks_attract"] },
        ],
    },
    Statement {
        id: "B3",
        said: "It matters whether a step is looked at from its source or from its destination.",
        answer: Answer::True,
        conditions: "mu from the source, mu - div D from the midpoint, mu - 2 div D from the destination",
        systems: &["pollen"],
        claims: &[
            Claims {
                file: CONVENTIONS,
                holds: &["at_source", "at_midpoint", "at_destination"],
                fails: &["midpoint_doubled", "midpoint_is_mean"],
            },
            Claims {
                file: POLLEN,
                holds: &["from_source", "from_midpoint", "from_destination"],
                fails: &["midpoint_as_source", "destination_once"],
            },
        ],
    },
    Statement {
        id: "B4",
        said: "Diode and resistor at one temperature: no net current, and the mean voltage is zero.",
        answer: Answer::True,
        conditions: "at every conductance of the diode, and for charges of any size",
        systems: &["diode-resistor"],
        claims: &[
            Claims {
                file: DIODE_RESISTOR,
                holds: &["equal_temperatures", "balance", "balance_2", "continuum"],
                fails: &["ito_boltzmann", "stratonovich_boltzmann", "ito_is_thermal", "continuum_ito"],
            },
        ],
    },
    Statement {
        id: "B5",
        said: "Cold diode, warm resistor: a net current in the diode's forward direction; cold \
               resistor, warm diode: in reverse.",
        answer: Answer::True,
        conditions: "for k_plus > k_minus: the current has the sign of (T_R - T_D)(k_plus - k_minus)",
        systems: &["diode-resistor"],
        claims: &[
            Claims {
                file: DIODE_RESISTOR,
                holds: &["no_total", "diode_current", "temperatures", "current", "diode_bends"],
                fails: &["not_alone", "as_warm_as_both"],
            },
        ],
    },
    Statement {
        id: "B6",
        said: "A mean voltage of zero implies more time on the quieter side.",
        answer: Answer::False,
        conditions: "in the piecewise model E[V] and P(V>0) - 1/2 have one sign, so that E[V] = 0 \
                     exactly where each side has half of the time",
        systems: &["diode-resistor"],
        claims: &[
            Claims { file: DIODE_RESISTOR, holds: &["hand_in_hand", "zero_is_half"], fails: &["opposite_signs"] },
        ],
    },
    Statement {
        id: "B7",
        said: "The speed of the fluctuations depends on the sign of V.",
        answer: Answer::True,
        conditions: "the voltage relaxes at (k_R + k_plus)/C above zero and at (k_R + k_minus)/C below",
        systems: &["diode-resistor"],
        claims: &[
            Claims { file: DIODE_RESISTOR, holds: &["relaxation"], fails: &["same_for_all"] },
        ],
    },
    Statement {
        id: "C1",
        said: "A random walk that leaves k at the rate lambda_k has p_k lambda_k = p_{k-1} lambda_{k-1}.",
        answer: Answer::True,
        conditions: "with reflecting ends that refuse the outward hop; an end that hops inward at its \
                     whole rate has half of that",
        systems: &["birth-death"],
        claims: &[
            Claims { file: BIRTH_DEATH, holds: &["end", "inside", "eager_end"], fails: &["uniform", "eager_as_shy"] },
        ],
    },
    Statement {
        id: "C2",
        said: "From a uniform start the first flux goes from high rate to low rate.",
        answer: Answer::TrueWhere,
        conditions: "in one dimension and for isotropic D",
        systems: &["birth-death"],
        claims: &[
            Claims { file: BIRTH_DEATH, holds: &["first_flux"], fails: &["flux_uphill", "no_first_flux"] },
            Claims { file: LEAST_RATTLING, holds: &["from_uniform"], fails: &[] },
            Claims { file: POLLEN, holds: &["torus_divergence"], fails: &["torus_constant"] },
        ],
    },
    Statement {
        id: "C3",
        said: "A gradient of D does not move the mean, it moves the odds: the chance to go to lower \
               noise is above one half.",
        answer: Answer::TrueWhere,
        conditions: "true for Ito noise without drift in d = 1, D monotone nearby, at short times; \
                     false beyond: in d = 2 with D = 1 + c r^2 it is below one half at short times",
        systems: &["pollen"],
        claims: &[
            Claims {
                file: POLLEN,
                holds: &["mean_step", "mean_stays", "logarithm_falls", "outward"],
                fails: &["logarithm_stays", "no_way_out"],
            },
        ],
    },
    Statement {
        id: "C4",
        said: "From a uniform density only the drift terms have a flux.",
        answer: Answer::True,
        conditions: "the flux is (mu - div D) p there",
        systems: &["pollen"],
        claims: &[
            Claims { file: POLLEN, holds: &["from_uniform"], fails: &["uniform_at_rest"] },
        ],
    },
    Statement {
        id: "C5",
        said: "Probability then grows where the divergence of that drift is positive.",
        answer: Answer::False,
        conditions: "the sign: dp/dt = -p div v, it grows where the drift converges",
        systems: &["birth-death"],
        claims: &[
            Claims { file: BIRTH_DEATH, holds: &["growth", "first_growth"], fails: &["growth_sign"] },
        ],
    },
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
