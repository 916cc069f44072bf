//! A loss bound to a data set: checked once, encoded once, evaluated many times.

use super::program::{LANES, Lanes, Program, Workspace};
use super::recorded::{Recording, record};
use super::{Loss, RowError, ThetaError};
use crate::data::Data;
use rayon::prelude::*;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use thiserror::Error;

/// A loss on a data set: `N` rows of finite numbers in the domain of the loss.
#[derive(Debug)]
pub struct Problem<L> {
    loss: L,
    rows: Vec<f64>,
    width: usize,
    count: usize,
    /// The program of the loss, if every row takes the same way through it.
    straight: Option<Arc<Program>>,
}

/// Why a loss, a data set and a point do not fit together.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum ProblemError {
    /// The data have another number of columns than the loss reads.
    #[error(
        "the loss reads rows of {expected} columns (features, then targets), but the data have {found}; choose columns or change the size of the loss"
    )]
    Columns {
        /// Columns the loss reads.
        expected: usize,
        /// Columns of the data.
        found: usize,
    },
    /// The loss has nothing to learn.
    #[error("the loss has no parameters; give it at least one feature, class and unit")]
    NoParameters,
    /// A value that the loss cannot take.
    #[error("data row {row}, column \"{column}\": {source}")]
    Row {
        /// Row, counted from 1.
        row: usize,
        /// Name of the column.
        column: String,
        /// What was found and what is taken.
        source: RowError,
    },
    /// [`Loss::encode`] gave rows of different lengths.
    #[error(
        "data row {row} was encoded in {found} numbers, the first row in {expected}; a loss encodes every row in equally many"
    )]
    Encoding {
        /// Row, counted from 1.
        row: usize,
        /// Length of the first encoded row.
        expected: usize,
        /// Length of this one.
        found: usize,
    },
    /// The point has another number of components than the loss has parameters.
    #[error(
        "the loss has {expected} parameters, but theta has {found} components; give one for each parameter"
    )]
    ThetaLength {
        /// Parameters of the loss.
        expected: usize,
        /// Components given.
        found: usize,
    },
    /// A component of the point is NaN or infinite.
    #[error("component {component} of theta is {found}; it must be finite")]
    ThetaNotFinite {
        /// Component, counted from 1.
        component: usize,
        /// What it is.
        found: f64,
    },
    /// The point is outside the domain of the loss.
    #[error(transparent)]
    Theta(#[from] ThetaError),
    /// The loss or a derivative of it is NaN or infinite.
    #[error(
        "the loss of data row {row}, or a derivative of it, is not a finite number at this theta; move theta, or scale the data"
    )]
    NotFinite {
        /// Row, counted from 1.
        row: usize,
    },
}

/// Operations (rows times operations a row) that a task of the thread pool does at least. With [`RESULTS`] it decides
/// how sums are grouped, and so must not depend on the number of threads.
const TASK: usize = 1 << 16;

/// Numbers that the results of all tasks may hold together, unless two tasks hold more.
const RESULTS: usize = 1 << 23;

impl<L: Loss> Problem<L> {
    /// Binds a loss to a data set.
    ///
    /// # Errors
    /// The data have the wrong number of columns, or a value outside the domain of the loss.
    pub fn new(loss: L, data: &Data) -> Result<Self, ProblemError> {
        if loss.dim() == 0 {
            return Err(ProblemError::NoParameters);
        }
        let names = data.columns();
        if names.len() != loss.columns() {
            return Err(ProblemError::Columns { expected: loss.columns(), found: names.len() });
        }
        let mut rows = Vec::with_capacity(data.len() * names.len());
        let mut width = 0;
        for (row, raw) in (1..).zip(data.rows()) {
            let start = rows.len();
            loss.encode(raw, &mut rows).map_err(|source| ProblemError::Row {
                row,
                column: names.get(source.column).cloned().unwrap_or_default(),
                source,
            })?;
            let found = rows.len() - start;
            if row == 1 {
                width = found;
            } else if found != width {
                return Err(ProblemError::Encoding { row, expected: width, found });
            }
        }
        let mut problem = Self { loss, rows, width, count: data.len(), straight: None };
        let recording = problem.record(0, &vec![0.0; problem.dim()]);
        problem.straight = (!recording.branches).then(|| problem.program(&recording));
        Ok(problem)
    }

    /// The loss.
    #[must_use]
    pub fn loss(&self) -> &L {
        &self.loss
    }

    /// Number of parameters `d`.
    #[must_use]
    pub fn dim(&self) -> usize {
        self.loss.dim()
    }

    /// Number of data rows `N`, at least 1.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.count
    }

    /// One encoded row, as [`Loss::loss`] reads it.
    ///
    /// # Panics
    /// `row >= self.rows()`.
    #[must_use]
    pub fn row(&self, row: usize) -> &[f64] {
        &self.rows[row * self.width..(row + 1) * self.width]
    }

    /// Checks a point: its length, that it is finite, and that the loss is defined there.
    ///
    /// # Errors
    /// One of these is not so.
    pub fn check_theta(&self, theta: &[f64]) -> Result<(), ProblemError> {
        if theta.len() != self.dim() {
            return Err(ProblemError::ThetaLength { expected: self.dim(), found: theta.len() });
        }
        if let Some(i) = theta.iter().position(|t| !t.is_finite()) {
            return Err(ProblemError::ThetaNotFinite { component: i + 1, found: theta[i] });
        }
        Ok(self.loss.check_theta(theta)?)
    }

    fn record(&self, row: usize, theta: &[f64]) -> Recording {
        record(self.row(row), theta, |x, theta| self.loss.loss(x, theta))
    }

    fn program(&self, recording: &Recording) -> Arc<Program> {
        Arc::new(Program::new(recording, self.dim(), self.width))
    }

    /// The programs of the loss at `theta`, each with the rows that take it.
    fn parts(&self, theta: &[f64]) -> Vec<Part> {
        if let Some(program) = &self.straight {
            return vec![Part { program: Arc::clone(program), rows: Rows::All(self.count) }];
        }
        let mut places: HashMap<Recording, usize> = HashMap::new();
        let mut parts: Vec<Vec<usize>> = Vec::new();
        for row in 0..self.count {
            let place = *places.entry(self.record(row, theta)).or_insert(parts.len());
            if place == parts.len() {
                parts.push(Vec::new());
            }
            parts[place].push(row);
        }
        let mut ways: Vec<(Recording, usize)> = places.into_iter().collect();
        ways.sort_unstable_by_key(|&(_, place)| place);
        ways.iter()
            .zip(parts)
            .map(|((way, _), rows)| Part { program: self.program(way), rows: Rows::Some(rows) })
            .collect()
    }

    /// Visits all rows at `theta` in blocks of up to [`LANES`], whose gradients are known, and returns one result for
    /// each task of the thread pool, in an order that does not depend on the number of threads.
    ///
    /// A result holds about `size` numbers; the larger it is, the fewer tasks there are.
    ///
    /// # Errors
    /// The first row at which the loss is not finite.
    pub(crate) fn sweep<T: Send>(
        &self,
        theta: &[f64],
        size: usize,
        start: impl Fn() -> T + Sync,
        visit: impl Fn(&mut T, &mut Block<'_>) + Sync,
    ) -> Result<Vec<T>, ProblemError> {
        let parts = self.parts(theta);
        let tasks: Vec<(&Part, Range<usize>)> = parts.iter().flat_map(|part| part.tasks(size)).collect();
        let run = |(part, range): &(&Part, Range<usize>)| {
            let mut workspace = part.program.workspace(theta);
            let mut result = start();
            for first in range.clone().step_by(LANES) {
                let mut rows = [0; LANES];
                let len = LANES.min(range.end - first);
                for (l, row) in rows[..len].iter_mut().enumerate() {
                    *row = part.rows.get(first + l);
                }
                let mut block = self.block(&part.program, &mut workspace, &rows[..len])?;
                visit(&mut result, &mut block);
            }
            Ok(result)
        };
        if let [task] = &tasks[..] {
            return Ok(vec![run(task)?]);
        }
        tasks.par_iter().map(run).collect::<Vec<_>>().into_iter().collect()
    }

    fn block<'a>(
        &self,
        program: &'a Program,
        workspace: &'a mut Workspace,
        rows: &'a [usize],
    ) -> Result<Block<'a>, ProblemError> {
        let value = program.gradient(workspace, rows.iter().map(|&row| self.row(row)));
        match rows.iter().zip(value).find(|(_, u)| !u.is_finite()) {
            Some((row, _)) => Err(ProblemError::NotFinite { row: row + 1 }),
            None => Ok(Block { program, workspace, rows, value }),
        }
    }

    /// A gradient engine with buffers of its own, for one thread.
    pub(crate) fn engine(&self) -> Engine<'_, L> {
        let theta = vec![0.0; self.dim()];
        let workspace =
            self.straight.as_ref().map(|program| (Arc::clone(program), program.workspace(&theta)));
        Engine { problem: self, workspace }
    }
}

/// The rows that one program serves.
enum Rows {
    All(usize),
    Some(Vec<usize>),
}

impl Rows {
    fn len(&self) -> usize {
        match self {
            Self::All(count) => *count,
            Self::Some(rows) => rows.len(),
        }
    }

    fn get(&self, k: usize) -> usize {
        match self {
            Self::All(_) => k,
            Self::Some(rows) => rows[k],
        }
    }
}

struct Part {
    program: Arc<Program>,
    rows: Rows,
}

impl Part {
    fn tasks(&self, size: usize) -> impl Iterator<Item = (&Self, Range<usize>)> {
        let most = (RESULTS / size.max(1)).clamp(2, 64);
        let rows = (TASK / self.program.operations().max(1)).max(self.rows.len().div_ceil(most));
        let rows = rows.next_multiple_of(LANES);
        (0..self.rows.len()).step_by(rows).map(move |first| (self, first..self.rows.len().min(first + rows)))
    }
}

/// Up to [`LANES`] rows with their losses and gradients.
pub(crate) struct Block<'a> {
    program: &'a Program,
    workspace: &'a mut Workspace,
    rows: &'a [usize],
    /// The losses `u`; lanes beyond [`rows`](Self::rows) repeat the last row.
    pub(crate) value: Lanes,
}

impl Block<'_> {
    /// The rows in the lanes, counted from 0.
    pub(crate) fn rows(&self) -> &[usize] {
        self.rows
    }

    /// `g_i` of each lane.
    pub(crate) fn gradient(&self, i: usize) -> &Lanes {
        self.workspace.gradient(i)
    }

    /// Sum over the rows of the block.
    pub(crate) fn sum(&self, numbers: &Lanes) -> f64 {
        numbers[..self.rows.len()].iter().sum()
    }

    /// `tr H` of each lane. Must come before [`apply_hessian`](Self::apply_hessian), whose result it may overwrite.
    pub(crate) fn laplacian(&mut self) -> Lanes {
        self.program.laplacian(self.workspace)
    }

    /// Finds `H w` of each lane for `w_i = direction(i, g_i)`.
    pub(crate) fn apply_hessian(&mut self, direction: impl Fn(usize, &Lanes) -> Lanes) {
        self.program.hessian_vector(self.workspace, direction);
    }

    /// `(H w)_i` of each lane.
    pub(crate) fn hessian_vector(&self, i: usize) -> &Lanes {
        self.workspace.hessian_vector(i)
    }
}

/// Gradients of chosen rows at chosen points, with buffers that are used again.
pub(crate) struct Engine<'a, L> {
    problem: &'a Problem<L>,
    workspace: Option<(Arc<Program>, Workspace)>,
}

impl<L: Loss> Engine<'_, L> {
    /// Adds to `sum` the gradients at `theta` of the given rows, in their order.
    ///
    /// # Errors
    /// The loss of one of them is not finite there.
    pub(crate) fn add_gradients(
        &mut self,
        theta: &[f64],
        rows: &[usize],
        sum: &mut [f64],
    ) -> Result<(), ProblemError> {
        self.visit(theta, rows, |block| {
            for (i, sum) in sum.iter_mut().enumerate() {
                *sum += block.sum(block.gradient(i));
            }
        })
    }

    /// Visits the given rows at `theta`, in their order, in blocks whose gradients are known.
    ///
    /// # Errors
    /// The loss of one of them is not finite there.
    pub(crate) fn visit(
        &mut self,
        theta: &[f64],
        rows: &[usize],
        mut visit: impl FnMut(&mut Block<'_>),
    ) -> Result<(), ProblemError> {
        if let Some((program, workspace)) = &mut self.workspace {
            program.set_theta(workspace, theta);
            for rows in rows.chunks(LANES) {
                visit(&mut self.problem.block(program, workspace, rows)?);
            }
            return Ok(());
        }
        for row in rows {
            let program = self.problem.program(&self.problem.record(*row, theta));
            let mut workspace = program.workspace(theta);
            visit(&mut self.problem.block(&program, &mut workspace, std::slice::from_ref(row))?);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loss::{Builtin, Number};

    const LOGISTIC: Builtin = Builtin::Logistic { features: 1 };

    fn data(columns: &[&str], rows: &[&[f64]]) -> Data {
        Data::from_rows(columns, rows).unwrap()
    }

    #[test]
    fn data_that_do_not_fit_are_refused_with_their_place() {
        let narrow = data(&["x"], &[&[1.0]]);
        let error = Problem::new(LOGISTIC, &narrow).unwrap_err();
        assert_eq!(error, ProblemError::Columns { expected: 2, found: 1 }, "columns");
        let bad = data(&["x", "y"], &[&[1.0, 0.0], &[1.0, 2.0]]);
        let error = Problem::new(LOGISTIC, &bad).unwrap_err().to_string();
        let expected = "data row 2, column \"y\": found 2, expected a whole number from 0 to 1";
        assert_eq!(error, expected, "where and what");
        let none = Problem::new(Builtin::Linear { features: 0 }, &data(&["y"], &[&[1.0]])).unwrap_err();
        assert_eq!(none, ProblemError::NoParameters, "no parameters");
    }

    #[test]
    fn points_that_do_not_fit_are_refused() {
        let problem = Problem::new(LOGISTIC, &data(&["x", "y"], &[&[1.0, 0.0]])).unwrap();
        let length = problem.check_theta(&[0.0, 0.0]);
        assert_eq!(length, Err(ProblemError::ThetaLength { expected: 1, found: 2 }), "length");
        assert!(problem.check_theta(&[f64::NAN]).is_err(), "NaN");
        let pollen = Problem::new(Builtin::PollenGrain, &data(&["k", "s"], &[&[0.0, 1.0]])).unwrap();
        let domain = pollen.check_theta(&[0.5, 0.0]).unwrap_err().to_string();
        assert_eq!(domain, "component 1 of theta is 0.5, expected a number above 1/2", "domain");
    }

    #[test]
    fn a_loss_that_overflows_is_an_error_with_its_row() {
        let counts = data(&["x", "y"], &[&[1.0, 0.0], &[2.0, 1.0], &[900.0, 1.0]]);
        let problem = Problem::new(Builtin::Poisson { features: 1 }, &counts).unwrap();
        let swept = problem.sweep(&[1.0], 1, || (), |(), _| ());
        assert_eq!(swept.unwrap_err(), ProblemError::NotFinite { row: 3 }, "exp(900)");
    }

    /// Counts the rows in two ways through the body.
    struct Branching;
    impl Loss for Branching {
        fn dim(&self) -> usize {
            1
        }
        fn columns(&self) -> usize {
            1
        }
        fn loss<D: Number>(&self, x: &[D::InnerDual], theta: &[D]) -> D {
            let z = theta[0].scale(&x[0]);
            if z.re() > 0.0 { z } else { -z }
        }
    }

    #[test]
    fn branching_losses_are_grouped_by_their_way() {
        let rows: Vec<[f64; 1]> = (0..40_i32).map(|k| [f64::from(k) - 10.5]).collect();
        let problem = Problem::new(Branching, &Data::from_rows(&["x"], &rows).unwrap()).unwrap();
        assert_eq!(problem.parts(&[1.0]).len(), 2, "two ways, whatever the number of rows");
        let mut sum = [0.0];
        problem.engine().add_gradients(&[1.0], &[0, 39], &mut sum).unwrap();
        assert_eq!(sum[0].to_bits(), 39_f64.to_bits(), "|x| = 10.5 and 28.5, the rows asked for");
    }
}
