//! `--theta`: the points to look at.

use super::{CliError, number};
use driftproof::sampling::normal_point;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Points as they are asked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Theta {
    /// Every component 0.
    Zeros,
    /// Independent normal components of this standard deviation.
    Normal { scale: f64, seed: u64, count: u32 },
    /// The components of one point.
    List { text: String, components: Vec<f64> },
    /// A file with a point on each line.
    File(PathBuf),
}

/// A point and where it was given.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Place {
    pub(super) theta: Vec<f64>,
    pub(super) place: String,
}

const EXPECTED: &str =
    "expected zeros, normal:SCALE:SEED, numbers separated by commas, or a file with a point a line";

impl FromStr for Theta {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "zeros" {
            return Ok(Self::Zeros);
        }
        if let Some(rest) = text.strip_prefix("normal:") {
            return normal(rest).ok_or_else(|| {
                "expected normal:SCALE:SEED or normal:SCALE:SEED:COUNT with SCALE above 0, SEED from 0 up and COUNT from 1 \
                 up, such as normal:0.5:1"
                    .to_owned()
            });
        }
        let entries: Vec<&str> = text.split(',').collect();
        let components: Result<Vec<f64>, usize> =
            (1..).zip(&entries).map(|(place, entry)| number::finite(entry).map_err(|_| place)).collect();
        match components {
            Ok(components) => Ok(Self::List { text: text.to_owned(), components }),
            Err(_) if Path::new(text).is_file() => Ok(Self::File(PathBuf::from(text))),
            Err(place) if entries.len() > 1 => Err(format!(
                "component {place}, \"{}\", is not a finite number; {EXPECTED}",
                entries[place - 1]
            )),
            Err(_) => Err(format!("it is no number, and there is no such file; {EXPECTED}")),
        }
    }
}

/// `SCALE:SEED` or `SCALE:SEED:COUNT`.
fn normal(text: &str) -> Option<Theta> {
    let parts: Vec<&str> = text.split(':').collect();
    let (scale, seed, count) = match parts[..] {
        [scale, seed] => (scale, seed, "1"),
        [scale, seed, count] => (scale, seed, count),
        _ => return None,
    };
    let count = count.parse().ok().filter(|&count| count >= 1)?;
    Some(Theta::Normal { scale: number::positive(scale).ok()?, seed: seed.parse().ok()?, count })
}

impl Theta {
    /// How many components are listed.
    pub(super) fn dim(&self) -> Option<usize> {
        match self {
            Self::List { components, .. } => Some(components.len()),
            Self::Zeros | Self::Normal { .. } | Self::File(_) => None,
        }
    }

    /// The points, of `dim` components where their number is not given.
    pub(super) fn points(&self, dim: usize) -> Result<Vec<Place>, CliError> {
        match self {
            Self::Zeros => Ok(vec![Place { theta: vec![0.0; dim], place: "--theta zeros".to_owned() }]),
            Self::Normal { scale, seed, count } => Ok((0..*count)
                .map(|number| Place {
                    theta: normal_point(dim, *scale, *seed, number),
                    place: format!("--theta normal:{scale}:{seed}, point {}", number + 1),
                })
                .collect()),
            Self::List { text, components } => {
                Ok(vec![Place { theta: components.clone(), place: format!("--theta {text}") }])
            }
            Self::File(path) => from_file(path),
        }
    }
}

/// A point on each line, its components separated by commas or blanks; empty lines do not count.
fn from_file(path: &Path) -> Result<Vec<Place>, CliError> {
    let file = path.display().to_string();
    let text =
        fs::read_to_string(path).map_err(|source| CliError::Unreadable { file: file.clone(), source })?;
    let mut points = Vec::new();
    for (line, row) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        if row.trim().is_empty() {
            continue;
        }
        let cell = |cell: &str| {
            number::finite(cell).map_err(|_| CliError::PointCell {
                file: file.clone(),
                line,
                found: cell.trim().to_owned(),
            })
        };
        let theta: Vec<f64> = if row.contains(',') {
            row.split(',').map(cell).collect::<Result<_, _>>()?
        } else {
            row.split_whitespace().map(cell).collect::<Result<_, _>>()?
        };
        points.push(Place { theta, place: format!("{file}, line {line}") });
    }
    if points.is_empty() {
        return Err(CliError::NoPoint { file });
    }
    Ok(points)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn theta(text: &str) -> Theta {
        text.parse().unwrap()
    }

    #[test]
    fn every_way_of_naming_points_is_understood() {
        assert_eq!(theta("zeros").points(2).unwrap()[0].theta, [0.0, 0.0], "zeros");
        assert_eq!(theta("-1, 2.5,1e-3").points(3).unwrap()[0].theta, [-1.0, 2.5, 1e-3], "a list");
        assert_eq!(theta("0.5").points(1).unwrap()[0].theta, [0.5], "a list of one");
        let three = theta("normal:0.5:7:3").points(4).unwrap();
        assert_eq!(three.len(), 3, "as many as asked for");
        assert_eq!(theta("normal:0.5:7").points(4).unwrap()[0].theta, three[0].theta, "the first of them");
        assert_ne!(three[0].theta, three[1].theta, "which differ");
    }

    #[test]
    fn what_is_no_point_is_refused() {
        for text in [
            "",
            "zero",
            "normal:1",
            "normal:0:1",
            "normal:nan:1",
            "normal:1:-1",
            "normal:1:1:0",
            "1,,2",
            "1,inf",
            "--json",
        ] {
            assert!(text.parse::<Theta>().is_err(), "{text}");
        }
    }
}
