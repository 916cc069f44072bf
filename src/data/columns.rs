//! Which columns of a table are taken, in which order, and which of them is the target.

use std::collections::HashMap;

use super::DataError;

/// Which columns of a table are taken.
///
/// By default every column is a feature and none is a target.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    targets: Option<Vec<String>>,
    features: Option<Vec<String>>,
}

impl Columns {
    /// Takes this column as the target. It comes last, wherever it stands in the table.
    #[must_use]
    pub fn with_target(self, name: impl Into<String>) -> Self {
        self.with_targets([name.into()])
    }

    /// Takes these columns as the targets, in this order. They come last, wherever they stand in the table.
    #[must_use]
    pub fn with_targets(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.targets = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Takes these columns as the features, in this order, and leaves the others out.
    #[must_use]
    pub fn with_features(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.features = Some(names.into_iter().map(Into::into).collect());
        self
    }
}

/// Chosen columns: features in their order, then targets.
pub(super) struct Choice {
    pub(super) indices: Vec<usize>,
    pub(super) targets: usize,
}

/// Resolves a choice among the columns of `names`, of which the last `own_targets` are targets unless
/// the choice names one.
pub(super) fn choose(
    data: &str,
    names: &[String],
    own_targets: usize,
    columns: &Columns,
) -> Result<Choice, DataError> {
    let mut targets = Vec::new();
    match &columns.targets {
        None => targets.extend(names.len() - own_targets..names.len()),
        Some(chosen) => {
            for name in chosen {
                let index = find(data, names, name)?;
                if targets.contains(&index) {
                    return Err(DataError::ChosenTwice { data: data.to_owned(), column: name.clone() });
                }
                targets.push(index);
            }
        }
    }
    let mut indices = Vec::new();
    match &columns.features {
        None => indices.extend((0..names.len()).filter(|index| !targets.contains(index))),
        Some(features) => {
            for name in features {
                let (index, column) = (find(data, names, name)?, name.clone());
                if targets.contains(&index) {
                    return Err(DataError::TargetAmongFeatures { data: data.to_owned(), column });
                }
                if indices.contains(&index) {
                    return Err(DataError::ChosenTwice { data: data.to_owned(), column });
                }
                indices.push(index);
            }
        }
    }
    let count = targets.len();
    indices.extend(targets);
    if indices.is_empty() {
        return Err(DataError::NoColumns { data: data.to_owned() });
    }
    if let Some(&index) = indices.iter().find(|&&index| names[index].is_empty()) {
        return Err(DataError::Unnamed { data: data.to_owned(), number: index + 1 });
    }
    Ok(Choice { indices, targets: count })
}

pub(super) fn find(data: &str, names: &[String], name: &str) -> Result<usize, DataError> {
    names.iter().position(|other| other == name).ok_or_else(|| DataError::NoSuchColumn {
        data: data.to_owned(),
        column: name.to_owned(),
        columns: names.to_vec(),
    })
}

/// Refuses two columns of the same name. Columns without a name may be many: none can be chosen.
pub(super) fn distinct(data: &str, names: &[String]) -> Result<(), DataError> {
    let mut seen = HashMap::with_capacity(names.len());
    for (index, name) in names.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
        if let Some(first) = seen.insert(name, index) {
            let (data, column) = (data.to_owned(), name.clone());
            return Err(DataError::SameName { data, column, first: first + 1, second: index + 1 });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::Data;
    use super::*;

    #[test]
    fn several_targets_keep_the_order_in_which_they_are_named() {
        let columns = Columns::default().with_targets(["hue", "ash"]).with_features(["alcohol"]);
        let chosen = Data::wine().select(&columns).unwrap();
        assert_eq!(
            (chosen.columns(), chosen.targets()),
            (&["alcohol", "hue", "ash"].map(str::to_owned)[..], 2)
        );
        assert_eq!(chosen.row(0), [14.23, 1.04, 2.43]);
        let twice = Data::wine().select(&Columns::default().with_targets(["hue", "hue"])).unwrap_err();
        assert!(matches!(twice, DataError::ChosenTwice { .. }), "found {twice:?}");
        let none = Data::wine().select(&Columns::default().with_targets(Vec::<String>::new())).unwrap();
        assert_eq!((none.features(), none.targets()), (14, 0));
    }

    #[test]
    fn selecting_keeps_or_moves_the_target() {
        let wine = Data::wine();
        let two = wine.select(&Columns::default().with_features(["ash", "hue"])).unwrap();
        assert_eq!((two.columns(), two.targets()), (&["ash", "hue", "target"].map(str::to_owned)[..], 1));
        assert_eq!(two.row(0), [2.43, 1.04, 0.0]);
        let moved = wine.select(&Columns::default().with_target("ash")).unwrap();
        assert_eq!((moved.features(), &moved.columns()[13][..]), (13, "ash"));
        let error = wine.select(&Columns::default().with_features(["target"])).unwrap_err();
        assert!(matches!(error, DataError::TargetAmongFeatures { .. }), "found {error:?}");
    }
}
