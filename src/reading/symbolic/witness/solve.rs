//! Instances that obey conditions: some of their random numbers are chosen so that equations hold at the point.
//!
//! An equation asks for the vanishing of the coefficients of a series up to a degree: degree 0 for a condition at the
//! point, as many degrees as the claim looks at for a hypothesis that holds everywhere. Degree by degree one group of
//! numbers (a scalar, a coordinate of the point, the coefficients of one degree of a field) is found in which the
//! coefficients are linear, and set to a solution. Whether every equation holds afterwards is always computed, so that no
//! assumption of linearity is trusted.

use super::draw::{Draw, Unknown};
use super::evaluate::{BatchPlan, Evaluator, Scene};
use super::functions::{Measure, Request};
use super::monomials::Monomials;
use super::plan::Case;
use super::series::{Key, Series, Stop, Try};
use crate::expression::{Expr, FieldShape, Kind, Rational, Sign, SymbolId, SymbolKind};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What must vanish.
#[derive(Debug, Clone)]
enum Form {
    /// `left - right`, for every data point.
    Sides(Expr, Expr),
    /// A number that a function is taken of, less its target.
    Value(Request, Rational),
}

/// An equation that an instance must obey.
#[derive(Debug, Clone)]
struct Equation {
    form: Form,
    degree: usize,
}

/// Numbers that are chosen together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    Scalar(SymbolId),
    Field(SymbolId, usize),
    /// The same coefficients of one degree at all data points.
    Common(SymbolId, usize),
    Point(usize),
}

/// A coefficient of an equation: data point, component, power of the small parameter, monomial.
type Coefficient = (u32, usize, Key, usize);

/// The coefficients of an equation that are not 0.
type Residual = BTreeMap<Coefficient, Rational>;

/// An instance that is made to obey equations.
pub(super) struct Solver<'s, 'a> {
    case: &'s Case<'a>,
    batches: &'s HashMap<u32, BatchPlan>,
    /// Half powers of the small parameter from here on do not matter.
    cut: i32,
    equations: Vec<Equation>,
    /// The groups that were chosen so far, in the order of their choice.
    groups: Vec<Group>,
    /// Fields have the same coefficients at all data points from this degree on.
    common_from: usize,
    /// Work left.
    budget: Cell<u64>,
}

/// Fewer unknowns than this are chosen at once.
const MOST_UNKNOWNS: usize = 400;
/// The lowest degree of coefficients that may be made the same at all data points: gradients stay apart.
const COMMON: usize = 2;
/// The share of the budget of an instance that its choice may take: what is chosen is evaluated again and again.
const SHARE: u64 = 24;
/// The same where coefficients are common: then few choices are tried, of many equations each.
const LARGE_SHARE: u64 = 4;

impl<'s, 'a> Solver<'s, 'a> {
    pub(super) fn new(case: &'s Case<'a>, batches: &'s HashMap<u32, BatchPlan>, cut: i32) -> Self {
        let budget = Cell::new(case.budget / SHARE);
        Self {
            case,
            batches,
            cut,
            equations: Vec::new(),
            groups: Vec::new(),
            common_from: usize::MAX,
            budget,
        }
    }

    /// Makes the instance obey `left = right` at the point, for every data point.
    pub(super) fn at_point(&mut self, draw: &mut Draw, left: &Expr, right: &Expr) -> Try<()> {
        self.equations.push(Equation { form: Form::Sides(left.clone(), right.clone()), degree: 0 });
        self.solve_last(draw)
    }

    /// Makes the instance obey `left = right` up to a degree, for every data point.
    pub(super) fn everywhere(
        &mut self,
        draw: &mut Draw,
        left: &Expr,
        right: &Expr,
        degree: usize,
    ) -> Try<()> {
        let (before, groups) = (draw.clone(), self.groups.clone());
        self.equations.push(Equation { form: Form::Sides(left.clone(), right.clone()), degree: 0 });
        match self.up_to_degree(draw, degree) {
            Err(Stop::Unable(_) | Stop::Budget) if self.common_from == usize::MAX => {
                draw.clone_from(&before);
                self.groups = groups;
                self.budget.set(self.case.budget / LARGE_SHARE);
                self.make_common(draw, degree);
                self.up_to_degree(draw, degree)
            }
            other => other,
        }
    }

    /// Makes the instance obey the last equation, degree by degree.
    fn up_to_degree(&mut self, draw: &mut Draw, most: usize) -> Try<()> {
        for degree in 0..=most {
            if let Some(last) = self.equations.last_mut() {
                last.degree = degree;
            }
            self.solve_last(draw)?;
        }
        Ok(())
    }

    /// Gives the fields of the last equation the same coefficients at all data points from the degree [`COMMON`] on: an
    /// equation that holds everywhere may bound the covariances of higher derivatives by others that no choice can meet.
    fn make_common(&mut self, draw: &mut Draw, degree: usize) {
        self.common_from = COMMON;
        let Some(last) = self.equations.last() else { return };
        let equation = Equation { degree, ..last.clone() };
        let mut chosen = Vec::new();
        for group in self.candidates(draw, &equation) {
            if matches!(group, Group::Common(..)) {
                for together in self.moves(draw, group) {
                    let Some(first) = together.first() else { continue };
                    let value = self.current(draw, *first);
                    chosen.extend(together.iter().map(|unknown| (*unknown, value.clone())));
                }
            }
        }
        draw.chosen.extend(chosen);
    }

    /// Makes the instance give a function a value at which it is rational, and returns that value.
    pub(super) fn grant(&mut self, draw: &mut Draw, request: &Request) -> Try<Rational> {
        let before = draw.clone();
        for target in &request.targets {
            let form = Form::Value(request.clone(), target.clone());
            self.equations.push(Equation { form, degree: 0 });
            match self.solve_last(draw) {
                Ok(()) => return Ok(target.clone()),
                Err(Stop::Budget) => return Err(Stop::Budget),
                Err(_) => {
                    self.equations.pop();
                    draw.clone_from(&before);
                }
            }
        }
        Err(Stop::unlucky("a function is not rational at the point, and no choice makes it so"))
    }

    /// Chooses a group of numbers so that the last equation holds, and the others still do.
    fn solve_last(&mut self, draw: &mut Draw) -> Try<()> {
        let Some(last) = self.equations.last() else { return Ok(()) };
        if self.residual(draw, last)?.is_empty() {
            return Ok(());
        }
        let all = self.equations.len();
        let mut candidates = self.candidates(draw, last);
        // What was chosen for one degree has the next degree chosen for the next.
        candidates.sort_by_key(|group| !(last.degree > 0 && self.groups.iter().any(|g| follows(*g, *group))));
        for group in &candidates {
            // Alone, or together with some of those that were chosen before, the latest first.
            for earlier in (0..=self.groups.len()).rev() {
                let mut groups: BTreeSet<Group> = self.groups[earlier..].iter().copied().collect();
                groups.insert(*group);
                if let Some(solved) = self.try_groups(draw, &groups, all)? {
                    *draw = solved;
                    self.groups.retain(|chosen| chosen != group);
                    self.groups.push(*group);
                    return Ok(());
                }
            }
        }
        for (position, first) in candidates.iter().enumerate() {
            for second in candidates[position + 1..].iter().filter(|second| are_apart(*first, **second)) {
                let groups = BTreeSet::from([*first, *second]);
                if let Some(solved) = self.try_groups(draw, &groups, all)? {
                    *draw = solved;
                    self.groups.retain(|chosen| !groups.contains(chosen));
                    self.groups.extend(groups);
                    return Ok(());
                }
            }
        }
        for group in &candidates {
            if let Some(solved) = self.try_equal(draw, *group, all)? {
                *draw = solved;
                return Ok(());
            }
        }
        if let Some(solved) = self.try_values(draw, &candidates, all)? {
            *draw = solved;
            return Ok(());
        }
        Err(Stop::unable("a condition that could not be met"))
    }

    /// Tries the same coefficients of a field at all data points, where a covariance is to vanish.
    fn try_equal(&self, draw: &Draw, group: Group, count: usize) -> Try<Option<Draw>> {
        let mut moved = draw.clone();
        for unknown in self.unknowns(draw, group) {
            if let Unknown::Coefficient { field, outcome: 1.., component, monomial } = unknown {
                let first = Unknown::Coefficient { field, outcome: 0, component, monomial };
                moved.chosen.insert(unknown, self.current(draw, first));
            }
        }
        if moved.chosen.len() == draw.chosen.len() {
            return Ok(None);
        }
        match self.residuals(&moved, count) {
            Ok(all) => Ok(all.iter().all(BTreeMap::is_empty).then_some(moved)),
            Err(Stop::Budget) => Err(Stop::Budget),
            Err(_) => Ok(None),
        }
    }

    /// Tries small numbers for one unknown, a group, or two, where the equations are not linear.
    fn try_values(&self, draw: &Draw, candidates: &[Group], count: usize) -> Try<Option<Draw>> {
        let values: Vec<Rational> =
            [1, 2, 3, 4, 5, 9, 16, -1, -2, -3, -4, 0].into_iter().map(Rational::integer).collect();
        let fractions =
            [(1, 2), (1, 4), (1, 3), (3, 2), (9, 4)].into_iter().filter_map(|(n, d)| Rational::new(n, d));
        let single: Vec<Rational> = values.iter().cloned().chain(fractions).collect();
        let simple = |group: &&Group| !matches!(group, Group::Field(_, 1..) | Group::Common(..));
        let unknowns: Vec<Unknown> =
            candidates.iter().filter(simple).flat_map(|group| self.unknowns(draw, *group)).take(6).collect();
        let holds = |choice: &[(Unknown, &Rational)]| -> Try<Option<Draw>> {
            if !choice.iter().all(|(unknown, value)| self.allowed(*unknown, value)) {
                return Ok(None);
            }
            let mut moved = draw.clone();
            moved.chosen.extend(choice.iter().map(|(unknown, value)| (*unknown, (*value).clone())));
            match self.residuals(&moved, count) {
                Ok(all) => Ok(all.iter().all(BTreeMap::is_empty).then_some(moved)),
                Err(Stop::Budget) => Err(Stop::Budget),
                Err(_) => Ok(None),
            }
        };
        let groups = candidates.iter().filter(simple).map(|group| self.unknowns(draw, *group));
        for together in
            unknowns.iter().map(|unknown| vec![*unknown]).chain(groups.filter(|group| group.len() > 1))
        {
            for value in &single {
                let choice: Vec<(Unknown, &Rational)> =
                    together.iter().map(|unknown| (*unknown, value)).collect();
                if let Some(found) = holds(&choice)? {
                    return Ok(Some(found));
                }
            }
        }
        for (position, first) in unknowns.iter().enumerate() {
            for second in &unknowns[position + 1..] {
                for (x, y) in values.iter().flat_map(|x| values.iter().map(move |y| (x, y))) {
                    if let Some(found) = holds(&[(*first, x), (*second, y)])? {
                        return Ok(Some(found));
                    }
                }
            }
        }
        Ok(None)
    }

    /// The coefficients of an equation that do not vanish.
    fn residual(&self, draw: &Draw, equation: &Equation) -> Try<Residual> {
        let setting = self.case.setting(draw, self.batches, self.cut);
        let mut evaluator = Evaluator::<Rational>::new(setting, self.budget.get())?;
        let outside = evaluator.outside(0);
        let degree = equation.degree;
        let mut residual = Residual::new();
        let mut note = |outcome: u32, component: usize, series: &Series<Rational>| -> Try<()> {
            let table = Monomials::of(draw.variables()).ok_or(Stop::Budget)?;
            for (key, block) in &series.terms {
                for (monomial, value) in block.iter().enumerate() {
                    if table.degree[monomial] <= degree && !value.is_zero() {
                        residual.insert((outcome, component, *key, monomial), value.clone());
                    }
                }
            }
            Ok(())
        };
        match &equation.form {
            Form::Sides(left, right) => {
                let random = evaluator.facts(left)?.bare || evaluator.facts(right)?.bare;
                let outcomes = if random { u32::try_from(draw.support).unwrap_or(1) } else { 1 };
                for outcome in 0..outcomes {
                    let bare = super::evaluate::Sample { outcome, slot: 0 };
                    let scene = Scene { bare, ..outside.clone() };
                    let rest = evaluator.difference(left, right, degree, &scene)?;
                    rest.data
                        .iter()
                        .enumerate()
                        .try_for_each(|(component, c)| note(outcome, component, c))?;
                }
            }
            Form::Value(request, target) => {
                let value = evaluator.value(&request.expression, 0, &request.scene)?;
                let number = match request.measure {
                    Measure::Scalar => value.as_scalar()?.value(),
                    Measure::Determinant => value.determinant(&evaluator.ring, evaluator.limits(0))?.value(),
                    Measure::FirstEntry => value.data.first().map_or_else(|| Rational::ZERO, Series::value),
                };
                note(0, 0, &Series::constant(&number - target))?;
            }
        }
        self.budget.set(evaluator.ring.left());
        Ok(residual)
    }

    /// The residuals of the first equations, one after the other.
    fn residuals(&self, draw: &Draw, count: usize) -> Try<Vec<Residual>> {
        self.equations[..count].iter().map(|equation| self.residual(draw, equation)).collect()
    }

    /// Solves for the numbers of some groups as if the equations were linear in them; nothing if that does not do.
    fn try_groups(&self, draw: &Draw, groups: &BTreeSet<Group>, count: usize) -> Try<Option<Draw>> {
        let moves: Vec<Vec<Unknown>> = groups.iter().flat_map(|group| self.moves(draw, *group)).collect();
        if moves.is_empty() || moves.len() > MOST_UNKNOWNS {
            return Ok(None);
        }
        let start = match self.residuals(draw, count) {
            Ok(start) => start,
            Err(Stop::Budget) => return Err(Stop::Budget),
            Err(_) => return Ok(None),
        };
        let mut columns = Vec::with_capacity(moves.len());
        for together in &moves {
            match self.residuals(&self.moved(draw, together, &Rational::ONE), count) {
                Ok(column) => columns.push(column),
                Err(Stop::Budget) => return Err(Stop::Budget),
                Err(_) => return Ok(None),
            }
        }
        let Some(change) = linear_solution(&start, &columns) else { return Ok(None) };
        let mut solved = draw.clone();
        for (together, change) in moves.iter().zip(&change).filter(|(_, change)| !change.is_zero()) {
            solved = self.moved(&solved, together, change);
            let allowed = |unknown: &Unknown| self.allowed(*unknown, &self.current(&solved, *unknown));
            if !together.iter().all(allowed) {
                return Ok(None);
            }
        }
        let holds = self.residuals(&solved, count).is_ok_and(|all| all.iter().all(BTreeMap::is_empty));
        Ok(holds.then_some(solved))
    }

    /// The instance with the same change of some numbers.
    fn moved(&self, draw: &Draw, together: &[Unknown], change: &Rational) -> Draw {
        let mut moved = draw.clone();
        for unknown in together {
            moved.chosen.insert(*unknown, &self.current(draw, *unknown) + change);
        }
        moved
    }

    /// The numbers of a group that are changed together.
    fn moves(&self, draw: &Draw, group: Group) -> Vec<Vec<Unknown>> {
        let unknowns = self.unknowns(draw, group);
        if !matches!(group, Group::Common(..)) {
            return unknowns.into_iter().map(|unknown| vec![unknown]).collect();
        }
        let mut together: BTreeMap<(usize, usize), Vec<Unknown>> = BTreeMap::new();
        for unknown in unknowns {
            if let Unknown::Coefficient { component, monomial, .. } = unknown {
                together.entry((component, monomial)).or_default().push(unknown);
            }
        }
        together.into_values().collect()
    }

    /// Whether a number may have a value, by the sign that was declared.
    fn allowed(&self, unknown: Unknown, value: &Rational) -> bool {
        let sign = match unknown {
            Unknown::Scalar(id) | Unknown::Coefficient { field: id, monomial: 0, .. } => self.sign(id),
            Unknown::Coefficient { .. } | Unknown::Point(_) => Sign::Any,
        };
        match sign {
            Sign::Any => true,
            Sign::NonNegative => !value.is_negative(),
            Sign::Positive => value.is_positive(),
        }
    }

    fn sign(&self, id: SymbolId) -> Sign {
        match self.case.symbols.get(id).kind {
            SymbolKind::Scalar(sign) | SymbolKind::Field { sign, .. } => sign,
            _ => Sign::Any,
        }
    }

    /// The number as it is.
    fn current(&self, draw: &Draw, unknown: Unknown) -> Rational {
        match unknown {
            Unknown::Scalar(id) => draw.scalar(id, self.sign(id)),
            Unknown::Point(i) => draw.point(i),
            Unknown::Coefficient { field, .. } => draw.coefficient(unknown, 0, self.sign(field)),
        }
    }

    /// The groups that may be chosen for an equation: scalars of any sign, fields, other scalars, the point.
    fn candidates(&self, draw: &Draw, equation: &Equation) -> Vec<Group> {
        let parts = match &equation.form {
            Form::Sides(left, right) => vec![left, right],
            Form::Value(request, _) => vec![&request.expression],
        };
        let mut names = BTreeSet::new();
        for part in parts {
            self.names(part, &mut names, 0);
        }
        let small = self.case.claim.remainder.as_ref().map(|remainder| remainder.symbol);
        let (mut first, mut fields, mut later, mut point) = (vec![], vec![], vec![], vec![]);
        for id in names {
            match &self.case.symbols.get(id).kind {
                SymbolKind::Scalar(sign) if Some(id) != small && !draw.counts.contains_key(&id) => {
                    if *sign == Sign::Any { &mut first } else { &mut later }.push(Group::Scalar(id));
                }
                SymbolKind::Field { arguments, .. }
                    if !draw.rooted.contains(&id) || !arguments.is_empty() =>
                {
                    let most = equation.degree + self.case.derivatives.max(2);
                    let common = |degree| !arguments.is_empty() && degree >= self.common_from;
                    fields.extend((0..=most).map(|degree| match common(degree) {
                        true => Group::Common(id, degree),
                        false => Group::Field(id, degree),
                    }));
                }
                SymbolKind::Coordinate(i) => point.push(Group::Point(*i as usize)),
                SymbolKind::Space => point.extend((0..draw.dimension).map(Group::Point)),
                _ => {}
            }
        }
        [first, fields, later, point].concat()
    }

    /// The names in an expression, those in definitions among them.
    fn names(&self, e: &Expr, names: &mut BTreeSet<SymbolId>, depth: usize) {
        let mut defined = Vec::new();
        e.any(&mut |part| {
            if let Kind::Symbol(id) = part.kind() {
                match self.case.hypotheses.definitions.get(id) {
                    Some(definition) => defined.push(definition),
                    None => {
                        names.insert(*id);
                    }
                }
            }
            false
        });
        if depth < 20 {
            defined.into_iter().for_each(|definition| self.names(definition, names, depth + 1));
        }
    }

    /// The numbers of a group.
    fn unknowns(&self, draw: &Draw, group: Group) -> Vec<Unknown> {
        let (field, degree) = match group {
            Group::Scalar(id) => return vec![Unknown::Scalar(id)],
            Group::Point(i) => return vec![Unknown::Point(i)],
            Group::Field(field, degree) | Group::Common(field, degree) => (field, degree),
        };
        let SymbolKind::Field { shape, arguments, .. } = &self.case.symbols.get(field).kind else {
            return vec![];
        };
        let Some(table) = Monomials::of(draw.variables()) else { return vec![] };
        let d = draw.dimension;
        let symmetric = *shape == FieldShape::Symmetric || draw.symmetric.contains(&field);
        let components = match shape {
            FieldShape::Scalar => 1,
            FieldShape::Vector => d,
            FieldShape::Symmetric => d * d,
            FieldShape::Matrix => d * draw.columns(field),
        };
        let outcomes = if arguments.is_empty() { 1 } else { draw.support };
        let from = if degree == 0 { 0 } else { table.up_to[(degree - 1).min(table.up_to.len() - 1)] };
        let to = table.up_to[degree.min(table.up_to.len() - 1)];
        let mut unknowns = Vec::new();
        for outcome in 0..u32::try_from(outcomes).unwrap_or(1) {
            for component in (0..components).filter(|c| !symmetric || c / d <= c % d) {
                let place = |monomial| Unknown::Coefficient { field, outcome, component, monomial };
                unknowns.extend((from..to).map(place));
            }
        }
        unknowns
    }
}

/// Whether a group is of the next degree of the field of another.
fn follows(chosen: Group, group: Group) -> bool {
    match (chosen, group) {
        (Group::Field(a, low), Group::Field(b, high)) | (Group::Common(a, low), Group::Common(b, high)) => {
            a == b && high == low + 1
        }
        _ => false,
    }
}

/// Whether two groups are of different fields.
fn are_apart(first: Group, second: Group) -> bool {
    let field = |group| match group {
        Group::Field(id, _) | Group::Common(id, _) => Some(id),
        Group::Scalar(_) | Group::Point(_) => None,
    };
    matches!((field(first), field(second)), (Some(a), Some(b)) if a != b)
}

/// A change of the unknowns by which the residuals vanish, if they are linear; the columns are the residuals after a
/// change of one unknown by 1.
fn linear_solution(start: &[Residual], columns: &[Vec<Residual>]) -> Option<Vec<Rational>> {
    let mut rows: BTreeMap<(usize, Coefficient), Vec<Rational>> = BTreeMap::new();
    let width = columns.len() + 1;
    for (column, residuals) in columns.iter().chain([&start.to_vec()]).enumerate() {
        for (equation, residual) in residuals.iter().enumerate() {
            for (place, value) in residual {
                let row = rows.entry((equation, *place)).or_insert_with(|| vec![Rational::ZERO; width]);
                row[column] = value.clone();
            }
        }
    }
    let mut rows: Vec<Vec<Rational>> = rows.into_values().collect();
    for row in &mut rows {
        let base = row[width - 1].clone();
        row[..width - 1].iter_mut().for_each(|entry| *entry -= &base);
    }
    let mut pivots: Vec<usize> = Vec::new();
    let mut change = vec![Rational::ZERO; columns.len()];
    for column in 0..columns.len() {
        let top = pivots.len();
        let Some(found) = (top..rows.len()).find(|row| !rows[*row][column].is_zero()) else { continue };
        rows.swap(top, found);
        let scale = rows[top][column].recip()?;
        rows[top].iter_mut().for_each(|entry| *entry = &*entry * &scale);
        let lead = rows[top].clone();
        for (number, row) in rows.iter_mut().enumerate() {
            if number != top && !row[column].is_zero() {
                let factor = row[column].clone();
                row.iter_mut().zip(&lead).for_each(|(entry, l)| *entry -= &(&factor * l));
            }
        }
        pivots.push(column);
    }
    if rows[pivots.len()..].iter().any(|row| !row[width - 1].is_zero()) {
        return None;
    }
    for (row, column) in rows.iter().zip(&pivots) {
        change[*column] = -&row[width - 1];
    }
    Some(change)
}
