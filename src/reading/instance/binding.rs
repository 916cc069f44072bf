//! Entry by entry, what an instance says of the names of a derivation.

#![allow(clippy::wildcard_enum_match_arm, reason = "every form that is not named is refused")]

use super::constant::constant;
use super::spoken::symbols_of;
use super::{BindError, BindReason, Bound, BoundField};
use crate::expression::{
    Entry, FieldShape, Instance, Lengths, RandomShape, Shape, Sign, SymbolId, SymbolKind, Symbols, Value,
    ValueError, nearest_name,
};
use crate::loss::instance::{InstanceError, builtin_of, data_of, points_of, stated_dim};
use crate::loss::{Loss, Problem};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// What an instance says of the names of a derivation; paths in it begin at `base`.
pub(super) fn bind(instance: &Instance, symbols: &Symbols, base: &Path) -> Result<Bound, BindError> {
    let mut binding = Binding::new(instance, symbols);
    binding.all(base)?;
    Ok(binding.bound)
}

/// An instance while it is bound.
struct Binding<'a> {
    instance: &'a Instance,
    bound: Bound,
    symbols: Symbols,
    lengths: Lengths,
    /// Names that vary with the data.
    columns: Vec<SymbolId>,
}

type Taken<T> = Result<T, BindReason>;

fn at<T>(entry: &Entry, result: Taken<T>) -> Result<T, BindError> {
    result.map_err(|reason| BindError::new(entry, reason))
}

/// The order in which entries are taken: what others rest on comes first.
fn rank(kind: Option<&SymbolKind>) -> u8 {
    match kind {
        None => 0,
        Some(SymbolKind::Space | SymbolKind::Coordinate(_)) => 1,
        Some(SymbolKind::Scalar(_)) => 2,
        Some(_) => 3,
    }
}

impl<'a> Binding<'a> {
    fn new(instance: &'a Instance, symbols: &Symbols) -> Self {
        Self {
            instance,
            bound: Bound::nothing(symbols),
            symbols: symbols.clone(),
            lengths: Lengths::default(),
            columns: vec![],
        }
    }

    fn all(&mut self, base: &Path) -> Result<(), BindError> {
        let data = self.instance.entries.iter().find(|entry| &*entry.key == "data");
        if let Some(entry) = data {
            let data = at(entry, data_of(&entry.value, base).map_err(BindReason::from))?;
            self.bound.rows = Some(data.len());
            self.bound.data = Some(Arc::new(data));
        }
        self.dimension()?;
        self.declare_columns();
        let mut entries: Vec<&Entry> =
            self.instance.entries.iter().filter(|entry| &*entry.key != "data").collect();
        entries.sort_by_key(|entry| rank(self.symbols.find(&entry.key).map(|id| &self.symbols.get(id).kind)));
        let mut fields = vec![];
        for entry in entries {
            let bound = self.entry(entry);
            fields.extend(at(entry, bound)?.map(|id| (entry.clone(), id)));
        }
        self.bound.symbols = Arc::new(self.symbols.clone());
        self.bound.lengths.clone_from(&self.lengths.columns);
        self.bound.to_check = fields;
        Ok(())
    }

    /// The dimension: of named coordinates, of theta where it is listed, of the loss, of the features.
    fn dimension(&mut self) -> Result<(), BindError> {
        let space = self.symbols.iter().find(|(_, symbol)| symbol.kind == SymbolKind::Space);
        let space = space.map(|(_, symbol)| Arc::clone(&symbol.name));
        let theta = space.and_then(|name| self.instance.entries.iter().find(|entry| entry.key == name));
        let named = self.symbols.coordinates().map(<[SymbolId]>::len);
        let listed = theta.and_then(|entry| stated_dim(&entry.value));
        let mut dim = named.or(listed);
        if let (None, Some(data)) = (dim, &self.bound.data) {
            dim = Some(data.features());
            for entry in &self.instance.entries {
                let loss = builtin_of(&entry.value, data.features());
                if let Some(loss) = at(entry, loss.map_err(BindReason::from))? {
                    dim = Some(loss.dim());
                }
            }
        }
        if let (Some(entry), None) = (theta, dim) {
            return at(entry, Err(BindReason::NoDimension));
        }
        self.bound.dim = dim;
        self.lengths.space = dim.unwrap_or(0);
        Ok(())
    }

    /// Columns of the data under their names, `x` for all features, `y` for the only target.
    fn declare_columns(&mut self) {
        let Some(data) = self.bound.data.clone() else { return };
        for (place, column) in data.columns().iter().enumerate() {
            self.column(column, RandomShape::Scalar, &|row| vec![row[place]]);
        }
        let features = data.features();
        if data.columns().iter().all(|column| column != "x") && features > 0 {
            let id = self.column("x", RandomShape::Vector, &|row| row[..features].to_vec());
            if let Some(id) = id.filter(|_| features != self.lengths.space) {
                self.lengths.columns.insert(id, features);
            }
        }
        if data.columns().iter().all(|column| column != "y") && data.targets() == 1 {
            self.column("y", RandomShape::Scalar, &|row| vec![row[features]]);
        }
    }

    /// A name that varies with the data, if it is free or declared to be random.
    fn column(
        &mut self,
        name: &str,
        shape: RandomShape,
        of: &dyn Fn(&[f64]) -> Vec<f64>,
    ) -> Option<SymbolId> {
        let id = match self.symbols.find(name) {
            None => self.symbols.declare(name, SymbolKind::Random { shape, distribution: None }),
            Some(id) => match self.symbols.get(id).kind {
                SymbolKind::Random { shape: declared, distribution: None }
                    if (declared == RandomShape::Vector) == (shape == RandomShape::Vector) =>
                {
                    id
                }
                _ => return None,
            },
        };
        let data = self.bound.data.as_ref()?;
        self.bound.randoms.insert(id, data.rows().map(of).collect());
        self.columns.push(id);
        Some(id)
    }

    /// Takes one entry; the symbol, if it is a field.
    fn entry(&mut self, entry: &Entry) -> Taken<Option<SymbolId>> {
        let Some(id) = self.symbols.find(&entry.key).filter(|id| !self.is_of_data(*id)) else {
            let names = self.symbols.iter().map(|(_, symbol)| &*symbol.name).chain(["data"]);
            return Err(BindReason::UnknownKey {
                nearest: nearest_name(&entry.key, names).map(str::to_owned),
            });
        };
        match self.symbols.get(id).kind.clone() {
            SymbolKind::Space => self.points(&entry.value)?,
            SymbolKind::Coordinate(i) => self.coordinate(i as usize, &entry.value)?,
            SymbolKind::Scalar(sign) => self.scalar(id, sign, &entry.value)?,
            SymbolKind::Field { shape, arguments, sign, .. } => {
                self.field(id, (shape, sign), &arguments, &entry.value)?;
                return Ok(Some(id));
            }
            SymbolKind::Function => self.function(id, &entry.value)?,
            SymbolKind::Random { .. } => return Err(BindReason::NotBound { what: "a random name" }),
            SymbolKind::Noise { .. } => return Err(BindReason::NotBound { what: "a noise" }),
        }
        Ok(None)
    }

    /// Whether a symbol was not declared in the derivation.
    fn is_of_data(&self, id: SymbolId) -> bool {
        self.bound.symbols.checked(id).is_none()
    }

    fn points(&mut self, value: &Value) -> Taken<()> {
        let dim = self.bound.dim.ok_or(BindReason::NoDimension)?;
        self.bound.points = points_of(value, dim)?;
        Ok(())
    }

    /// One coordinate by its own name, at all points.
    fn coordinate(&mut self, place: usize, value: &Value) -> Taken<()> {
        let value = self.number(value)?;
        if self.bound.points.is_empty() {
            self.bound.coordinates.push((place, value));
        }
        self.bound.points.iter_mut().filter_map(|point| point.get_mut(place)).for_each(|x| *x = value);
        Ok(())
    }

    /// A number, which may be written in scalars that are bound before.
    fn number(&self, value: &Value) -> Taken<f64> {
        let e = value.to_expr(&self.symbols, &self.lengths)?;
        if e.shape() != Shape::Scalar {
            return Err(BindReason::Shape { expected: "a number", found: e.shape().noun() });
        }
        for id in symbols_of(&e) {
            if !self.bound.scalars.contains_key(&id) {
                let name = self.symbols.get(id).name.to_string();
                return Err(ValueError::NoValue { name, what: "not a number bound before" }.into());
            }
        }
        let value = constant(&e, &|id| self.bound.scalars.get(&id).copied());
        value.ok_or_else(|| BindReason::NoValue { reason: "it is no finite number".to_owned() })
    }

    fn scalar(&mut self, id: SymbolId, sign: Sign, value: &Value) -> Taken<()> {
        let found = self.number(value)?;
        match sign {
            Sign::Positive if found <= 0.0 => Err(BindReason::Sign { expected: "above 0", found }),
            Sign::NonNegative if found < 0.0 => Err(BindReason::Sign { expected: "at least 0", found }),
            Sign::Any | Sign::NonNegative | Sign::Positive => {
                self.bound.scalars.insert(id, found);
                Ok(())
            }
        }
    }

    fn field(
        &mut self,
        id: SymbolId,
        (shape, _): (FieldShape, Sign),
        arguments: &[SymbolId],
        value: &Value,
    ) -> Taken<()> {
        let of_data = arguments
            .iter()
            .any(|&id| matches!(self.symbols.get(id).kind, SymbolKind::Random { distribution: None, .. }));
        if let Value::Call(name, _) = value
            && &**name == "loss"
        {
            return self.loss(id, shape, of_data, value);
        }
        if self.bound.dim.is_none() {
            return Err(BindReason::NoDimension);
        }
        if shape == FieldShape::Matrix
            && let Value::List(rows) = value
            && let Some(Value::List(row)) = rows.first()
        {
            self.lengths.columns.insert(id, row.len());
        }
        let e = value.to_expr(&self.symbols, &self.lengths)?;
        let fits = match (shape, e.shape()) {
            (FieldShape::Scalar, Shape::Scalar) | (FieldShape::Vector, Shape::Vector(_)) => true,
            (FieldShape::Symmetric, Shape::Matrix(a, b)) => self.lengths.get(a) == self.lengths.get(b),
            (FieldShape::Matrix, Shape::Matrix(_, columns)) => {
                let columns = self.lengths.get(columns).unwrap_or(0);
                self.lengths.columns.insert(id, columns);
                true
            }
            _ => false,
        };
        let vector = matches!(e.shape(), Shape::Vector(n) if self.lengths.get(n) != Some(self.lengths.space));
        if !fits || vector {
            let expected = match shape {
                FieldShape::Scalar => "a scalar",
                FieldShape::Vector => "a vector of as many components as theta",
                FieldShape::Symmetric => "a symmetric matrix",
                FieldShape::Matrix => "a matrix",
            };
            return Err(BindReason::Shape { expected, found: e.shape().noun() });
        }
        let uses = symbols_of(&e);
        if let Some(column) = self.columns.iter().find(|column| !of_data && uses.contains(column)) {
            let name = |id: SymbolId| self.symbols.get(id).name.to_string();
            return Err(BindReason::Depends { name: name(*column), field: name(id) });
        }
        if uses.contains(&id) {
            return Err(BindReason::NotBound { what: "a function in terms of itself" });
        }
        self.bound.fields.insert(id, BoundField::Expression(e));
        Ok(())
    }

    fn loss(&mut self, id: SymbolId, shape: FieldShape, of_data: bool, value: &Value) -> Taken<()> {
        let data = self.bound.data.as_ref().ok_or(BindReason::NoData)?;
        if shape != FieldShape::Scalar {
            return Err(BindReason::Shape { expected: "a scalar", found: "a loss" });
        }
        if !of_data {
            let field = self.symbols.get(id).name.to_string();
            return Err(BindReason::Depends { name: "the loss".to_owned(), field });
        }
        let Some(builtin) = builtin_of(value, data.features())? else { return Ok(()) };
        let rows = Problem::new(builtin, data)?;
        if self.bound.dim != Some(rows.dim()) {
            let (found, expected) = (self.lengths.space, rows.dim());
            return Err(InstanceError::Length { found, expected }.into());
        }
        for point in &self.bound.points {
            rows.check_theta(point)?;
        }
        self.bound.fields.insert(id, BoundField::Loss(Arc::new(rows)));
        Ok(())
    }

    /// `l = softplus`, or an expression in `z`.
    fn function(&mut self, id: SymbolId, value: &Value) -> Taken<()> {
        let mut symbols = Symbols::default();
        symbols.declare("z", SymbolKind::Coordinate(0));
        let lengths = Lengths { space: 1, columns: HashMap::new() };
        let call = match value {
            Value::Name(name) if &**name != "z" => {
                Value::Call(Arc::clone(name), vec![(None, Value::Name("z".into()))])
            }
            other => other.clone(),
        };
        let e = call.to_expr(&symbols, &lengths)?;
        if e.shape() != Shape::Scalar {
            return Err(BindReason::Shape { expected: "a function of z", found: e.shape().noun() });
        }
        self.bound.functions.insert(id, (e, Arc::new(symbols)));
        Ok(())
    }
}
