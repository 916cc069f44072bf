//! Particles, circuits and random walks whose noise depends on the place.

use super::super::{Answer, Claims, Statement};
use super::derivations::{
    BIRTH_DEATH, CONVENTIONS, DIODE_RESISTOR, LATTICE, LEAST_RATTLING, POLLEN, ROCK_PILE,
};

#[rustfmt::skip]
pub(super) const PHYSICS: &[Statement] = &[
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
];
