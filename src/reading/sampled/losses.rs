//! Built-in losses at one data point, by the list of their operations: as jets, or their gradient backwards.
//!
//! ```text
//! forwards    v_k = f_k(v_i, v_j)                     in any order of derivatives
//! backwards   a_i += a_k df_k/dv_i                    from a_result = 1: the gradient is a at the parameters
//! ```

use super::Unable;
use super::jet::{Ring, count_work};
use super::series::{Curve, taylor};
use super::tensor::{Numbers, Tensor};
use crate::loss::{Builtin, Loss, Node, Problem, Recording, Unary, record};
use smallvec::{SmallVec, smallvec};

/// Numbers by operation.
type ByNode = SmallVec<[f64; 32]>;

/// A loss on its data.
type Rows<'a> = &'a Problem<Builtin>;

/// The loss of one row at `theta + h`; `recording` if its operations are the same for all rows.
///
/// # Errors
/// It is not smooth there, or not defined.
pub(super) fn jet(
    ring: &Ring,
    cut: usize,
    (rows, recording): (Rows<'_>, Option<&Recording>),
    row: usize,
    theta: &[f64],
) -> Result<Tensor, Unable> {
    if row >= rows.rows() {
        return Err(Unable::NotFinite);
    }
    let x = rows.row(row);
    let own;
    let recording = match recording {
        Some(recording) => recording,
        None => {
            own = record(x, theta, |x, theta| rows.loss().loss(x, theta));
            &own
        }
    };
    let variables = Tensor::variables(ring, theta, cut);
    let mut values: Vec<Tensor> = Vec::with_capacity(recording.nodes.len());
    count_work(recording.nodes.len() * 40);
    for node in &recording.nodes[..=recording.result as usize] {
        let at = |place: u32| &values[place as usize];
        let value = match *node {
            Node::Theta(i) => variables.component(i as usize),
            Node::Row(j) => Tensor::number(x[j as usize]),
            Node::Constant(bits) => Tensor::number(f64::from_bits(bits)),
            Node::Neg(a) => at(a).clone().scaled(-1.0),
            Node::Add(a, b) => at(a).clone().plus(ring, at(b))?,
            Node::Sub(a, b) => at(a).clone().minus(ring, at(b))?,
            Node::Mul(a, b) => at(a).times(ring, cut, at(b))?,
            Node::Div(a, b) => at(a).times(ring, cut, &at(b).mapped(ring, cut, Curve::Power(-1.0))?)?,
            Node::Apply(Unary::Powi(2), a) => at(a).times(ring, cut, at(a))?,
            Node::Apply(function, a) => at(a).mapped(ring, cut, Curve::Recorded(function))?,
        };
        values.push(value);
    }
    values.pop().ok_or(Unable::NotFinite)
}

/// Value and derivative of a function.
fn slope(function: Unary, x: f64) -> Result<(f64, f64), Unable> {
    let series = taylor(Curve::Recorded(function), x, 1).ok_or(Unable::NotSmooth { at: x })?;
    Ok((series[0], series[1]))
}

/// The gradient of the loss of one row.
///
/// # Errors
/// It is not smooth there, or not defined.
pub(super) fn gradient(
    (rows, recording): (Rows<'_>, &Recording),
    row: usize,
    theta: &[f64],
) -> Result<Numbers, Unable> {
    if row >= rows.rows() {
        return Err(Unable::NotFinite);
    }
    let x = rows.row(row);
    let nodes = &recording.nodes[..=recording.result as usize];
    count_work(nodes.len() * 4);
    let mut values = ByNode::with_capacity(nodes.len());
    let mut slopes: ByNode = smallvec![0.0; nodes.len()];
    for (k, node) in nodes.iter().enumerate() {
        let at = |place: u32| values[place as usize];
        let value = match *node {
            Node::Theta(i) => theta[i as usize],
            Node::Row(j) => x[j as usize],
            Node::Constant(bits) => f64::from_bits(bits),
            Node::Neg(a) => -at(a),
            Node::Add(a, b) => at(a) + at(b),
            Node::Sub(a, b) => at(a) - at(b),
            Node::Mul(a, b) => at(a) * at(b),
            Node::Div(a, b) => at(a) / at(b),
            Node::Apply(function, a) => {
                let (value, slope) = slope(function, at(a))?;
                slopes[k] = slope;
                value
            }
        };
        values.push(value);
    }
    let mut backwards: ByNode = smallvec![0.0; nodes.len()];
    let mut gradient: Numbers = smallvec![0.0; theta.len()];
    backwards[recording.result as usize] = 1.0;
    for (k, node) in nodes.iter().enumerate().rev() {
        let here: f64 = backwards[k];
        let at = |place: u32| values[place as usize];
        let mut add = |place: u32, factor: f64| backwards[place as usize] += here * factor;
        match *node {
            Node::Theta(i) => gradient[i as usize] += here,
            Node::Row(_) | Node::Constant(_) => {}
            Node::Neg(a) => add(a, -1.0),
            Node::Add(a, b) => {
                add(a, 1.0);
                add(b, 1.0);
            }
            Node::Sub(a, b) => {
                add(a, 1.0);
                add(b, -1.0);
            }
            Node::Mul(a, b) => {
                add(a, at(b));
                add(b, at(a));
            }
            Node::Div(a, b) => {
                add(a, 1.0 / at(b));
                add(b, -at(a) / (at(b) * at(b)));
            }
            Node::Apply(_, a) => add(a, slopes[k]),
        }
    }
    Ok(gradient)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Data;

    /// Backwards and by jets, for a loss whose operations are the same for all rows: to a few roundings.
    #[test]
    fn the_gradient_is_that_of_the_jet() {
        let data = Data::from_rows(&["x1", "x2", "y"], &[[2.0, -1.0, 1.0], [0.5, 1.5, 0.0]]).unwrap();
        let rows = Problem::new(Builtin::Logistic { features: 2 }, &data).unwrap();
        let theta = [0.3, -0.7];
        let ring = Ring::new(2, 2).unwrap();
        let recording = record(rows.row(0), &theta, |x, theta| rows.loss().loss(x, theta));
        for row in 0..2 {
            let jet = jet(&ring, 2, (&rows, None), row, &theta).unwrap();
            let gradient = gradient((&rows, &recording), row, &theta).unwrap();
            for (i, found) in gradient.iter().enumerate() {
                assert!((found - jet.jet(0)[1 + i]).abs() < 1e-15, "row {row}, parameter {i}");
            }
        }
        // u = log(1 + exp(theta.x)) - y theta.x: grad = (logistic(theta.x) - y) x.
        let expected = (1.0 / (1.0 + (-1.3_f64).exp()) - 1.0) * 2.0;
        let found = gradient((&rows, &recording), 0, &theta).unwrap()[0];
        assert!((found - expected).abs() < 1e-15, "{found} is not {expected}");
        assert!(jet(&ring, 1, (&rows, None), 2, &theta).is_err(), "no such row");
    }
}
