//! The names that a written loss may use: those of the data and those of the parameters.

use super::WrittenError;
use crate::data::Data;
use crate::expression::{Index, Lengths, RandomShape, Sign, SymbolId, SymbolKind, Symbols};
use std::collections::HashMap;

/// What one name stands for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Meaning {
    /// All parameters.
    Parameters,
    /// One of them.
    Parameter(usize),
    /// All features of a row.
    Features,
    /// One column of a row.
    Column(usize),
    /// A number.
    Constant(f64),
}

/// The names that a written loss may use, and what they stand for.
#[derive(Debug, Clone)]
pub struct Names {
    symbols: Symbols,
    lengths: Lengths,
    meanings: HashMap<SymbolId, Meaning>,
    parameters: Vec<String>,
    columns: usize,
}

impl Names {
    /// The names of the columns of a data set, `x` for all its features and `y` for its only target (unless columns have
    /// these names), and `theta` for `dim` parameters.
    ///
    /// # Errors
    /// A column is called `theta`.
    pub fn new(data: &Data, dim: usize) -> Result<Self, WrittenError> {
        Self::in_space(data, "theta", dim)
    }

    /// The same with another name than `theta` for the parameters.
    ///
    /// # Errors
    /// A column has this name.
    pub fn in_space(data: &Data, space: &str, dim: usize) -> Result<Self, WrittenError> {
        let names = match dim {
            1 => vec![space.to_owned()],
            _ => (1..=dim).map(|i| format!("{space}{i}")).collect(),
        };
        let mut names = Self::empty(data, names);
        names.declare(space, SymbolKind::Space, Meaning::Parameters)?;
        names.of_data(data)?;
        Ok(names)
    }

    /// The same with names for the parameters, in their order, beside `theta` for all of them.
    ///
    /// # Errors
    /// A name stands for two things.
    pub fn with_parameters(data: &Data, parameters: &[impl AsRef<str>]) -> Result<Self, WrittenError> {
        let mut names = Self::empty(data, parameters.iter().map(|name| name.as_ref().to_owned()).collect());
        names.declare("theta", SymbolKind::Space, Meaning::Parameters)?;
        for (place, parameter) in (0..).zip(parameters) {
            let kind = SymbolKind::Coordinate(place);
            names.declare(parameter.as_ref(), kind, Meaning::Parameter(place as usize))?;
        }
        names.of_data(data)?;
        Ok(names)
    }

    fn empty(data: &Data, parameters: Vec<String>) -> Self {
        Self {
            symbols: Symbols::default(),
            lengths: Lengths { space: parameters.len(), ..Lengths::default() },
            meanings: HashMap::new(),
            parameters,
            columns: data.width(),
        }
    }

    fn declare(&mut self, name: &str, kind: SymbolKind, meaning: Meaning) -> Result<SymbolId, WrittenError> {
        if self.symbols.find(name).is_some() {
            return Err(WrittenError::Twice { name: name.to_owned() });
        }
        let id = self.symbols.declare(name, kind);
        self.meanings.insert(id, meaning);
        Ok(id)
    }

    fn of_data(&mut self, data: &Data) -> Result<(), WrittenError> {
        let scalar = || SymbolKind::Random { shape: RandomShape::Scalar, distribution: None };
        for (place, column) in data.columns().iter().enumerate() {
            self.declare(column, scalar(), Meaning::Column(place))?;
        }
        if self.symbols.find("x").is_none() && data.features() > 0 {
            let kind = SymbolKind::Random { shape: RandomShape::Vector, distribution: None };
            let id = self.declare("x", kind, Meaning::Features)?;
            if data.features() != self.dim() {
                self.lengths.columns.insert(id, data.features());
            }
        }
        if self.symbols.find("y").is_none() && data.targets() == 1 {
            self.declare("y", scalar(), Meaning::Column(data.features()))?;
        }
        Ok(())
    }

    /// The same with a number of its own name.
    ///
    /// # Errors
    /// The name stands for something else already.
    pub fn with_number(mut self, name: &str, value: f64) -> Result<Self, WrittenError> {
        self.declare(name, SymbolKind::Scalar(Sign::Any), Meaning::Constant(value))?;
        Ok(self)
    }

    /// Number of parameters.
    #[must_use]
    pub fn dim(&self) -> usize {
        self.parameters.len()
    }

    /// Names of the parameters; `theta1` and so on if they have none of their own.
    #[must_use]
    pub fn parameters(&self) -> &[String] {
        &self.parameters
    }

    /// Number of columns of a row.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// What a symbol stands for.
    pub(super) fn meaning(&self, id: SymbolId) -> Option<&Meaning> {
        self.meanings.get(&id)
    }

    /// Number of features, where a symbol stands for them.
    pub(super) fn features(&self, id: SymbolId) -> usize {
        self.lengths.columns.get(&id).copied().unwrap_or(self.dim())
    }

    /// How many values an index has.
    pub(super) fn length(&self, index: &Index) -> usize {
        self.lengths.get(index.length).unwrap_or(0)
    }

    /// The table of the names, for whoever parses an expression of them.
    #[must_use]
    pub fn symbols(&self) -> &Symbols {
        &self.symbols
    }

    /// The lengths of what the names stand for.
    #[must_use]
    pub fn lengths(&self) -> &Lengths {
        &self.lengths
    }
}
