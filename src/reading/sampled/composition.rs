//! Functions of what was evaluated, and values elsewhere.

use super::Unable;
use super::evaluate::{Evaluator, Value};
use super::jet::Ring;
use super::model::{count, to_f64};
use super::series::{Curve, Series};
use super::tensor::{Dims, Tensor};
use crate::expression::{Expr, Function, Kind, Shape, SymbolId, SymbolKind, Symbols};

impl Evaluator<'_> {
    pub(super) fn power(&mut self, a: &Expr, b: &Expr, cut: usize) -> Value {
        let ring = self.ring();
        let p = self.exact(b, cut)?;
        let whole = (0..=32).find(|k| (count(*k) - p.at(0)).abs() < f64::EPSILON);
        let facts = self.model.facts(a);
        let matrix = a.shape() != Shape::Scalar;
        match whole.filter(|_| matches!(b.kind(), Kind::Number(_)) && (matrix || facts.estimated)) {
            Some(0) if !matrix => Ok(Tensor::number(1.0)),
            Some(times) if times > 0 => {
                let mut product = self.eval(a, cut)?;
                for _ in 1..times {
                    product = product.times(ring, cut, &self.eval(a, cut)?)?;
                }
                Ok(product)
            }
            _ => {
                let base = self.exact(a, cut)?;
                if self.model.facts(b).spatial {
                    let log = base.mapped(ring, cut, Curve::Named(Function::Log))?;
                    let power = log.times(ring, cut, &p)?;
                    return power.mapped(ring, cut, Curve::Named(Function::Exp));
                }
                base.mapped(ring, cut, Curve::Power(p.at(0)))
            }
        }
    }

    /// A declared function, differentiated so many times, at a scalar.
    pub(super) fn apply(&mut self, id: SymbolId, times: usize, z: &Tensor, cut: usize) -> Value {
        let order = cut + times;
        let x = z.at(0);
        let series = match self.model.functions.get(&id) {
            Some((e, symbols)) => {
                let line = Ring::new(1, order)?;
                let z = Tensor::variables(&line, &[x], order).component(0);
                let value = on_a_line(e, symbols, &line, order, &z)?;
                let mut jet: Series = value.jet(0).into();
                jet.resize(order + 1, 0.0);
                jet
            }
            None => {
                super::drawn::of_one_variable(self.model.seed, &self.model.symbols.get(id).name, x, order)
                    .into()
            }
        };
        let falling = |k: usize| (k + 1..=k + times).map(count).product::<f64>();
        let derived: Vec<f64> = (0..=cut).map(|k| falling(k) * series[k + times]).collect();
        z.composed(self.ring(), cut, &derived)
    }

    /// `e(theta + v)`
    pub(super) fn shifted(&mut self, e: &Expr, by: &Tensor, cut: usize) -> Value {
        let ring = self.ring();
        let there = self.moved(&by.values(), |this| this.eval(e, cut))?;
        if cut == 0 {
            return Ok(there);
        }
        let h = Tensor::variables(ring, &vec![0.0; self.model.dim()], cut);
        there.substituted(ring, cut, &h.plus(ring, by)?)
    }

    /// `e` with a coordinate or a scalar replaced, after all derivatives inside it.
    pub(super) fn replaced(&mut self, e: &Expr, symbol: SymbolId, value: &Expr, cut: usize) -> Value {
        let ring = self.ring();
        let new = self.exact(value, cut)?;
        if let SymbolKind::Coordinate(i) = self.model.symbols.get(symbol).kind {
            let i = i as usize;
            let mut by = vec![0.0; self.model.dim()];
            by[i] = new.at(0) - self.theta[i];
            let there = self.moved(&by, |this| this.eval(e, cut))?;
            if cut == 0 {
                return Ok(there);
            }
            let h = Tensor::variables(ring, &vec![0.0; self.model.dim()], cut);
            let mut parts: Vec<Tensor> = (0..self.model.dim()).map(|j| h.component(j)).collect();
            parts[i] = new;
            let w = Tensor::stacked(ring, Dims::Vector(parts.len()), &parts)?;
            return there.substituted(ring, cut, &w);
        }
        if cut > 0 && self.model.facts(value).spatial {
            let what = "a scalar is replaced by what depends on the space, and then differentiated";
            return Err(Unable::Unsupported { what });
        }
        let place = symbol.0 as usize;
        let old = std::mem::replace(&mut self.scalars[place], new.at(0));
        let result = self.elsewhere(self.theta.clone(), |this| this.eval(e, cut));
        self.scalars[place] = old;
        result
    }
}

/// A function of one variable, written as an expression in the coordinate of a line.
fn on_a_line(e: &Expr, symbols: &Symbols, line: &Ring, cut: usize, z: &Tensor) -> Value {
    let of = |e: &Expr| on_a_line(e, symbols, line, cut, z);
    match e.kind() {
        Kind::Number(number) => Ok(Tensor::number(to_f64(number))),
        Kind::Symbol(id) if matches!(symbols.get(*id).kind, SymbolKind::Coordinate(_)) => Ok(z.clone()),
        Kind::Add(terms) => {
            let mut sum = Tensor::number(0.0);
            for term in terms {
                sum = sum.plus(line, &of(term)?)?;
            }
            Ok(sum)
        }
        Kind::Neg(a) => Ok(of(a)?.scaled(-1.0)),
        Kind::Mul(a, b) => of(a)?.times(line, cut, &of(b)?),
        Kind::Div(a, b) => of(a)?.times(line, cut, &of(b)?.mapped(line, cut, Curve::Power(-1.0))?),
        Kind::Pow(a, b) => of(a)?.mapped(line, cut, Curve::Power(of(b)?.at(0))),
        Kind::Sqrt(a) => of(a)?.mapped(line, cut, Curve::Power(0.5)),
        Kind::Function(function, a) => of(a)?.mapped(line, cut, Curve::Named(*function)),
        _ => Err(Unable::Unsupported { what: "a function of one variable that is no expression of numbers" }),
    }
}
