//! Two sides at one point: how far they agree, and what rounding can make of the difference.

use super::Unable;
use super::evaluate::{Evaluator, Small};
use super::evidence::{Component, Slope};
use super::preparation::Prepared;
use super::tensor::{Dims, EXACT, Tensor};
use crate::expression::{Expr, Kind, Rational, Remainder};

/// Error bounds are first-order estimates; this many times them is taken as what rounding can do.
const SAFETY: f64 = 4.0;

/// Sides that differ by more than the bound, but not by so many times more, are neither equal nor different.
const CLEAR: f64 = 1e3;

/// Nor are sides whose difference is a smaller share than this of their size.
const CLEAR_SHARE: f64 = 1e-9;

/// The largest share of the size of the sides that rounding may have.
const WORST_BOUND: f64 = 1e-6;

/// Powers of the small parameter that are computed beyond those that are compared, to see the order of the difference.
const BEYOND: usize = 1;

/// How often more powers are tried where divisions by the small parameter have used some up.
const TRIES: usize = 4;

/// Outcomes of what is random outside expectations at which the sides are compared.
const OUTCOMES: usize = 8;

/// What a comparison at one point found.
#[derive(Debug)]
pub(super) enum Found {
    Agree(Agreed),
    Differ { components: Vec<Component>, order: Option<Rational>, slope: Option<Slope> },
}

/// Sides that agree.
#[derive(Debug, Default)]
pub(super) struct Agreed {
    pub(super) scale: f64,
    pub(super) error: f64,
    pub(super) bound: f64,
    pub(super) outcomes: usize,
    pub(super) slope: Option<Slope>,
    /// At the first outcome; of a claim with a remainder, of the highest power that was compared and is not 0.
    pub(super) components: Vec<Component>,
}

impl Agreed {
    /// Whether both sides are 0 to rounding.
    pub(super) fn vanishes(&self) -> bool {
        self.scale <= self.bound
    }

    /// Both together.
    pub(super) fn join(&mut self, other: Self) {
        self.scale = self.scale.max(other.scale);
        self.error = self.error.max(other.error);
        self.bound = self.bound.max(other.bound);
        self.outcomes += other.outcomes;
        if self.components.is_empty() {
            self.components = other.components;
        }
        self.slope = match (self.slope.take(), other.slope) {
            (Some(a), Some(b)) => Some(a.lower(b)),
            (a, b) => a.or(b),
        };
    }
}

/// Both sides in one outcome, scalar by scalar.
struct Sides {
    left: Vec<Tensor>,
    right: Vec<Tensor>,
    /// Of the components, counted from 1.
    indices: Vec<Vec<usize>>,
}

/// The claimed remainder, and the parameter that the ring counts in.
type Claimed<'a> = Option<(&'a Remainder, Small)>;

/// Compares two sides at the point of a model.
///
/// # Errors
/// They have no value there, or it is not clear whether they agree.
pub(super) fn compare(
    prepared: &Prepared,
    sides: (&Expr, &Expr),
    claimed: Claimed<'_>,
) -> Result<Found, Unable> {
    let mut powers = match claimed {
        Some((remainder, small)) => {
            usize::try_from(first_open(&remainder.order, small)?).unwrap_or(0) + BEYOND
        }
        None => 1,
    };
    for _ in 0..TRIES {
        let mut missing = 0;
        let found = compare_by(prepared, sides, claimed, powers, &mut missing)?;
        match found {
            Some(found) => return Ok(found),
            None => powers += missing.max(1),
        }
    }
    Err(Unable::NoSeries { what: "a side" })
}

/// The first power of the ring's parameter that the claim leaves open.
fn first_open(order: &Rational, small: Small) -> Result<i32, Unable> {
    let power = order * &Rational::integer(i64::from(small.power));
    let power = power.to_integer().and_then(|p| i32::try_from(p).ok()).filter(|p| (1..=40).contains(p));
    power.ok_or(Unable::TooLarge { what: "orders" })
}

/// With so many powers; nothing if they were not enough, and by how many.
fn compare_by(
    prepared: &Prepared,
    (left, right): (&Expr, &Expr),
    claimed: Claimed<'_>,
    powers: usize,
    missing: &mut usize,
) -> Result<Option<Found>, Unable> {
    let mut evaluator = Evaluator::new(&prepared.model, claimed.map(|(_, small)| small), powers);
    let sources = evaluator.sources(left).together(&evaluator.sources(right));
    let mut outcomes = evaluator.outcomes(&sources, 3)?;
    let stride = outcomes.len().div_ceil(OUTCOMES).max(1);
    outcomes = outcomes.into_iter().step_by(stride).collect();
    let cut = usize::from(!prepared.slack.is_empty());
    let (mut agreed, mut different, mut enough) = (Agreed::default(), None, true);
    evaluator.for_outcomes(outcomes, &mut |this, _| {
        if different.is_some() || !enough {
            return Ok(());
        }
        let sides = Sides {
            left: this.side(left, cut)?,
            right: this.side(right, cut)?,
            indices: this.places(left, right)?,
        };
        match sides.compare(prepared, claimed, missing)? {
            None => enough = false,
            Some(Found::Agree(here)) => agreed.join(here),
            Some(differ) => different = Some(differ),
        }
        Ok(())
    })?;
    if !enough {
        return Ok(None);
    }
    Ok(Some(different.unwrap_or(Found::Agree(agreed))))
}

impl Evaluator<'_> {
    /// The scalars that a side consists of.
    fn side(&mut self, e: &Expr, cut: usize) -> Result<Vec<Tensor>, Unable> {
        let scalars = match e.kind() {
            Kind::Tensor(indices, body) if indices.len() > 2 => self.scalars(indices, body, cut)?,
            Kind::Number(number) if number.is_zero() => vec![],
            _ => {
                let value = self.eval(e, cut)?;
                (0..value.dims().len()).map(|c| value.component(c)).collect()
            }
        };
        if scalars.iter().all(Tensor::is_finite) {
            Ok(scalars)
        } else {
            Err(Unable::NotFinite { what: "a side" })
        }
    }

    /// The indices of the components of two sides of one shape.
    fn places(&self, left: &Expr, right: &Expr) -> Result<Vec<Vec<usize>>, Unable> {
        let extents: Vec<usize> = match (left.kind(), right.kind()) {
            (Kind::Tensor(indices, _), _) | (_, Kind::Tensor(indices, _)) => {
                indices.iter().map(|index| self.model.length(index.length)).collect()
            }
            (Kind::Number(number), _) if number.is_zero() => self.extents(right)?,
            _ => self.extents(left)?,
        };
        let mut all = vec![vec![]];
        for extent in extents {
            all = all
                .iter()
                .flat_map(|place: &Vec<usize>| (1..=extent).map(move |i| [&place[..], &[i]].concat()))
                .collect();
        }
        Ok(all)
    }

    fn extents(&self, e: &Expr) -> Result<Vec<usize>, Unable> {
        Ok(match self.dims(e.shape())? {
            Dims::Scalar => vec![],
            Dims::Vector(n) => vec![n],
            Dims::Matrix(rows, columns) => vec![rows, columns],
        })
    }
}

impl Sides {
    /// Left value, right value, and the bound of the errors of both, of one component and power.
    fn at(&self, component: usize, power: i32, slack: &[f64]) -> Component {
        let zero = (0.0, 0.0);
        let at = |side: &[Tensor], monomial: usize| {
            side.get(component).map_or(zero, |x| x.coefficient(0, monomial, power))
        };
        let ((left, left_error), (right, right_error)) = (at(&self.left, 0), at(&self.right, 0));
        let moved: f64 = (1..)
            .zip(slack)
            .map(|(m, doubt)| (at(&self.left, m).0 - at(&self.right, m).0).abs() * doubt)
            .sum();
        let bound = SAFETY * (f64::EPSILON * (left_error + right_error) + moved);
        Component { indices: self.indices.get(component).cloned().unwrap_or_default(), left, right, bound }
    }

    fn components(&self, power: i32, slack: &[f64]) -> Vec<Component> {
        (0..self.left.len().max(self.right.len())).map(|c| self.at(c, power, slack)).collect()
    }

    /// Lowest power of any scalar, and the highest that is known of all.
    fn range(&self) -> (i32, i32, i32) {
        let all = || self.left.iter().chain(&self.right);
        let lowest = all().map(Tensor::offset).min().unwrap_or(0);
        let last = all()
            .map(|x| x.offset().saturating_add(i32::try_from(x.terms()).unwrap_or(0)) - 1)
            .max()
            .unwrap_or(0);
        (lowest, last, all().map(Tensor::known).min().unwrap_or(EXACT))
    }

    fn compare(
        &self,
        prepared: &Prepared,
        claimed: Claimed<'_>,
        missing: &mut usize,
    ) -> Result<Option<Found>, Unable> {
        let fits = |side: &[Tensor]| side.is_empty() || side.len() == self.indices.len();
        if !(fits(&self.left) && fits(&self.right)) {
            return Err(Unable::DifferentShapes);
        }
        let slack = &prepared.slack;
        let Some((remainder, small)) = claimed else {
            return Ok(Some(match judge(self.components(0, slack))? {
                Judged::Agree(agreed) => Found::Agree(agreed),
                Judged::Differ(components) => Found::Differ { components, order: None, slope: None },
            }));
        };
        let open = first_open(&remainder.order, small)?;
        let (lowest, last, known) = self.range();
        if known < open - 1 {
            *missing = usize::try_from(open - 1 - known).unwrap_or(1);
            return Ok(None);
        }
        let order =
            |power: i32| Rational::new(i64::from(power), i64::from(small.power)).unwrap_or(Rational::ZERO);
        let highest = if known == EXACT { last.max(open) } else { known };
        let slope = |leading: Option<i32>| {
            let known = if known == EXACT { highest } else { known };
            Some(Slope {
                claimed: remainder.order.clone(),
                leading: leading.map(order),
                known: order(known),
                fitted: None,
            })
        };
        let mut agreed = Agreed::default();
        for power in lowest.min(open - 1)..open {
            match judge(self.components(power, slack))? {
                Judged::Agree(here) => {
                    let components = if here.vanishes() { vec![] } else { here.components.clone() };
                    agreed.join(Agreed { outcomes: 0, components: vec![], ..here });
                    if !components.is_empty() || power == open - 1 && agreed.components.is_empty() {
                        agreed.components =
                            if components.is_empty() { self.components(power, slack) } else { components };
                    }
                }
                Judged::Differ(components) => {
                    return Ok(Some(Found::Differ {
                        components,
                        order: Some(order(power)),
                        slope: slope(Some(power)),
                    }));
                }
            }
        }
        let differs = |power: &i32| {
            self.components(*power, slack).iter().any(|c| (c.left - c.right).abs() > CLEAR * c.bound)
        };
        agreed.outcomes = 1;
        agreed.slope = slope((open..=highest).find(differs));
        Ok(Some(Found::Agree(agreed)))
    }
}

/// What the components of one coefficient say.
enum Judged {
    Agree(Agreed),
    Differ(Vec<Component>),
}

/// Whether components agree, differ, or neither.
fn judge(components: Vec<Component>) -> Result<Judged, Unable> {
    if !components.iter().all(|c| c.left.is_finite() && c.right.is_finite() && c.bound.is_finite()) {
        return Err(Unable::NotFinite { what: "a side" });
    }
    let largest = |of: &dyn Fn(&Component) -> f64| components.iter().map(of).fold(0.0, f64::max);
    let difference = |c: &Component| (c.left - c.right).abs();
    let scale = largest(&|c| c.left.abs().max(c.right.abs()));
    let (error, bound) = (largest(&difference), largest(&|c| c.bound));
    if !error.is_finite() {
        return Err(Unable::NotFinite { what: "a side" });
    }
    let clear = |c: &Component| difference(c) > CLEAR * c.bound && difference(c) > CLEAR_SHARE * scale;
    if components.iter().any(clear) {
        return Ok(Judged::Differ(components));
    }
    if let Some(unclear) = components.iter().find(|c| difference(c) > c.bound) {
        return Err(Unable::Unclear { error: difference(unclear), bound: unclear.bound });
    }
    if bound > WORST_BOUND * scale && scale > bound {
        return Err(Unable::IllConditioned { scale, bound });
    }
    Ok(Judged::Agree(Agreed { scale, error, bound, outcomes: 1, slope: None, components }))
}

impl Slope {
    /// The slower of two.
    fn lower(self, other: Self) -> Self {
        let leading = match (self.leading, other.leading) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        Self { leading, known: self.known.min(other.known), fitted: self.fitted.or(other.fitted), ..other }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn component(left: f64, right: f64, bound: f64) -> Component {
        Component { indices: vec![], left, right, bound }
    }

    #[test]
    fn components_agree_differ_or_are_unclear() {
        assert!(matches!(judge(vec![component(1.0, 1.0 + 1e-15, 1e-14)]), Ok(Judged::Agree(_))), "rounding");
        assert!(matches!(judge(vec![component(1.0, 1.1, 1e-14)]), Ok(Judged::Differ(_))), "a difference");
        assert!(
            matches!(judge(vec![component(1.0, 1.0 + 1e-13, 1e-14)]), Err(Unable::Unclear { .. })),
            "neither"
        );
        assert!(
            matches!(judge(vec![component(1.0, 1.0, 0.1)]), Err(Unable::IllConditioned { .. })),
            "agreement to one digit is none"
        );
        let zero = judge(vec![component(1e-17, 0.0, 1e-15)]).unwrap();
        assert!(matches!(zero, Judged::Agree(agreed) if agreed.vanishes()), "0 = 0");
        assert!(judge(vec![component(f64::NAN, 0.0, 1e-15)]).is_err(), "NaN is no agreement");
        assert!(judge(vec![component(1.0, 1.0, f64::INFINITY)]).is_err(), "nor is an infinite bound");
        // One component is rounding beside another that is large: neither.
        let beside = vec![component(1e6, 1e6, 1e-10), component(1e-6, 2e-6, 1e-20)];
        assert!(judge(beside).is_err(), "too small a share to be sure");
    }
}
