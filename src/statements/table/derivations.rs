//! The derivations that the table names, which are part of the program.

pub(super) const CONVENTIONS: &str = "derivations/conventions.md";
pub(super) const LATTICE: &str = "derivations/lattice.md";
pub(super) const REGULARISATION: &str = "derivations/regularisation.md";
pub(super) const SGD_BIAS: &str = "derivations/sgd-bias.md";
pub(super) const STATIONARY: &str = "derivations/stationary.md";
pub(super) const BIRTH_DEATH: &str = "derivations/systems/birth-death.md";
pub(super) const DIODE_RESISTOR: &str = "derivations/systems/diode-resistor.md";
pub(super) const FLAT_MINIMA: &str = "derivations/systems/flat-minima.md";
pub(super) const GRADIENT_HACKING: &str = "derivations/systems/gradient-hacking.md";
pub(super) const IMPLICIT_REGULARISATION: &str = "derivations/systems/implicit-regularisation.md";
pub(super) const LABEL_NOISE: &str = "derivations/systems/label-noise.md";
pub(super) const LEAST_RATTLING: &str = "derivations/systems/least-rattling.md";
pub(super) const LOOSE_PARALLEL: &str = "derivations/systems/loose-parallel.md";
pub(super) const MODULARITY: &str = "derivations/systems/modularity.md";
pub(super) const POLLEN: &str = "derivations/systems/pollen.md";
pub(super) const ROCK_PILE: &str = "derivations/systems/rock-pile.md";
pub(super) const SWARM: &str = "derivations/systems/swarm.md";
pub(super) const TRAINING_RUN: &str = "derivations/systems/training-run.md";
pub(super) const VARIANCE: &str = "derivations/systems/variance.md";

/// The texts of the derivations that the table names, by their files.
#[rustfmt::skip]
pub(in crate::statements) const DERIVATIONS: &[(&str, &str)] = &[
    (CONVENTIONS, include_str!("../../../derivations/conventions.md")),
    (LATTICE, include_str!("../../../derivations/lattice.md")),
    (REGULARISATION, include_str!("../../../derivations/regularisation.md")),
    (SGD_BIAS, include_str!("../../../derivations/sgd-bias.md")),
    (STATIONARY, include_str!("../../../derivations/stationary.md")),
    (BIRTH_DEATH, include_str!("../../../derivations/systems/birth-death.md")),
    (DIODE_RESISTOR, include_str!("../../../derivations/systems/diode-resistor.md")),
    (FLAT_MINIMA, include_str!("../../../derivations/systems/flat-minima.md")),
    (GRADIENT_HACKING, include_str!("../../../derivations/systems/gradient-hacking.md")),
    (IMPLICIT_REGULARISATION, include_str!("../../../derivations/systems/implicit-regularisation.md")),
    (LABEL_NOISE, include_str!("../../../derivations/systems/label-noise.md")),
    (LEAST_RATTLING, include_str!("../../../derivations/systems/least-rattling.md")),
    (LOOSE_PARALLEL, include_str!("../../../derivations/systems/loose-parallel.md")),
    (MODULARITY, include_str!("../../../derivations/systems/modularity.md")),
    (POLLEN, include_str!("../../../derivations/systems/pollen.md")),
    (ROCK_PILE, include_str!("../../../derivations/systems/rock-pile.md")),
    (SWARM, include_str!("../../../derivations/systems/swarm.md")),
    (TRAINING_RUN, include_str!("../../../derivations/systems/training-run.md")),
    (VARIANCE, include_str!("../../../derivations/systems/variance.md")),
];
