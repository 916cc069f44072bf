//! Names of the components of `theta`, in their order.

use super::builtin::Builtin;
use super::network::Network;

impl Builtin {
    /// The names of the parameters, `dim()` of them.
    ///
    /// Where `theta` has one component a feature, these are the names of the features. `features` holds the names of the
    /// data's feature columns; names that are missing are `x1`, `x2`, and so on.
    #[must_use]
    pub fn parameters(&self, features: &[String]) -> Vec<String> {
        let feature = |j: usize| features.get(j).cloned().unwrap_or_else(|| format!("x{}", j + 1));
        match self {
            Self::Linear { features }
            | Self::Ridge { features, .. }
            | Self::Logistic { features }
            | Self::Poisson { features }
            | Self::Cauchy { features, .. }
            | Self::StudentT { features, .. }
            | Self::PseudoHuber { features, .. }
            | Self::PhaseRetrieval { features }
            | Self::CosWave { features } => (0..*features).map(feature).collect(),
            Self::Softmax { features, classes } => (0..*classes)
                .flat_map(|k| (0..*features).map(move |j| (k, j)))
                .map(|(k, j)| format!("w{k}:{}", feature(j)))
                .collect(),
            Self::TwoLayerLinear => vec!["a".to_owned(), "b".to_owned()],
            Self::MatrixFactorisation { left, right, rank } => {
                matrix("P", *left, *rank).chain(matrix("Q", *right, *rank)).collect()
            }
            Self::Network(network) => of_network(network),
            Self::MultiplicativeQuadratic => vec!["theta".to_owned()],
            Self::PollenGrain => vec!["theta1".to_owned(), "theta2".to_owned()],
        }
    }
}

/// `A[1,1], A[1,2], ...`, row by row.
fn matrix(name: &str, rows: usize, columns: usize) -> impl Iterator<Item = String> {
    (1..=rows).flat_map(move |i| (1..=columns).map(move |j| format!("{name}[{i},{j}]")))
}

/// `W1[1,1], ...`, then `b1[1], ...` if there are biases, layer by layer.
fn of_network(network: &Network) -> Vec<String> {
    let mut names = Vec::new();
    for (layer, pair) in (1..).zip(network.layers.windows(2)) {
        names.extend(matrix(&format!("W{layer}"), pair[1], pair[0]));
        if network.bias {
            names.extend((1..=pair[1]).map(|i| format!("b{layer}[{i}]")));
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loss::{Activation, Choice, Loss, Output};

    #[test]
    fn every_parameter_has_one_name() {
        for line in Builtin::catalogue() {
            let layers = if line.name == "matrix_factorisation" { vec![3, 4, 2] } else { vec![2, 3, 1] };
            for bias in [false, true] {
                let choice =
                    Choice { classes: Some(3), layers: Some(layers.clone()), bias, ..Choice::new(2) };
                let loss = Builtin::named(line.name, &choice).unwrap();
                let mut names = loss.parameters(&["x".to_owned(), "y".to_owned()]);
                assert_eq!(names.len(), loss.dim(), "{}", line.name);
                names.sort();
                names.dedup();
                assert_eq!(names.len(), loss.dim(), "{}: a name twice", line.name);
            }
        }
    }

    #[test]
    fn names_stand_in_the_order_of_the_parameters() {
        let network = Network {
            layers: vec![2, 1, 1],
            activation: Activation::Tanh,
            output: Output::Squared,
            bias: true,
        };
        assert_eq!(of_network(&network), ["W1[1,1]", "W1[1,2]", "b1[1]", "W2[1,1]", "b2[1]"]);
        let softmax = Builtin::Softmax { features: 2, classes: 2 };
        assert_eq!(softmax.parameters(&["age".to_owned()]), ["w0:age", "w0:x2", "w1:age", "w1:x2"]);
    }
}
