//! Shapes in words.

use super::{Length, Shape, SymbolKind, Symbols};

impl Length {
    /// `d`, or `cols(B)`; for a length that nothing has fixed yet, `any length`.
    #[must_use]
    pub fn describe(self, symbols: &Symbols) -> String {
        match self {
            Self::Space => "d".to_owned(),
            Self::Columns(id) => match symbols.checked(id) {
                Some(symbol) if matches!(symbol.kind, SymbolKind::Field { .. }) => {
                    format!("cols({})", symbol.name)
                }
                _ => "any length".to_owned(),
            },
        }
    }
}

impl Shape {
    /// With an article: `a scalar`, `a vector of length d`, `a d x cols(B) matrix`.
    #[must_use]
    pub fn describe(self, symbols: &Symbols) -> String {
        match self {
            Self::Scalar => "a scalar".to_owned(),
            Self::Vector(length) => format!("a vector of length {}", length.describe(symbols)),
            Self::Matrix(rows, columns) => {
                format!("a {} x {} matrix", rows.describe(symbols), columns.describe(symbols))
            }
            Self::Components(count) => format!("components under {count} indices"),
        }
    }

    /// Without lengths: `a scalar`, `a vector`, `a matrix`.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Scalar => "a scalar",
            Self::Vector(_) => "a vector",
            Self::Matrix(..) => "a matrix",
            Self::Components(_) => "components",
        }
    }
}
