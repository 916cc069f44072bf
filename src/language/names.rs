//! Names that resemble one another.

/// The candidate with the fewest edits from `name`, if these are few for its length, or one that `name` begins with.
pub(super) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = match name.chars().count() {
        0..=2 => 1,
        3..=5 => 2,
        _ => 3,
    };
    const STEM: usize = 3;
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let length = candidate.chars().count();
            let edits = edits(name, candidate);
            let near = edits <= allowed && edits < length;
            let stem = length >= STEM && name.starts_with(candidate);
            let other_start = name.chars().next() != candidate.chars().next();
            (near || stem).then_some(((!near, edits, other_start), candidate))
        })
        .min_by_key(|(far, _)| *far)
        .map(|(_, candidate)| candidate)
}

/// How many insertions, deletions, replacements and swaps of neighbours lead from one word to the other; a replacement
/// of a letter by itself in another case counts as well.
fn edits(from: &str, to: &str) -> usize {
    const LONGEST: usize = 64;
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    if from.len() > LONGEST || to.len() > LONGEST {
        return usize::MAX;
    }
    let mut rows: Vec<Vec<usize>> = vec![(0..=to.len()).collect()];
    for i in 1..=from.len() {
        let mut row = vec![i];
        for j in 1..=to.len() {
            let replace = rows[i - 1][j - 1] + usize::from(from[i - 1] != to[j - 1]);
            let mut least = replace.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[from.len()][to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_near() {
        assert_eq!(nearest("Sgima", ["Sigma", "sigma", "eta"]), Some("Sigma"), "swapped letters");
        assert_eq!(nearest("gradient", ["grad", "div"]), Some("grad"), "a longer name for the same");
        assert_eq!(
            nearest("et", ["dt", "eta"]),
            Some("eta"),
            "of two that are as near the one that begins alike"
        );
        assert_eq!(nearest("h", ["hess", "x"]), None, "one letter for another is no resemblance");
        assert_eq!(nearest("zzz", ["eta", "dt"]), None, "nothing resembles it");
    }
}
