//! Numbers among the arguments, each checked for its domain.

/// Threads at most: more than any machine has, and few enough to start.
const MOST_THREADS: usize = 1024;

/// A finite number.
pub(super) fn finite(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        _ => Err("expected a finite number, such as 0.05 or 1e-3".to_owned()),
    }
}

/// A finite number above 0.
pub(super) fn positive(text: &str) -> Result<f64, String> {
    match finite(text) {
        Ok(number) if number > 0.0 => Ok(number),
        _ => Err("expected a finite number above 0, such as 0.05 or 1e-3".to_owned()),
    }
}

/// A whole number from 1 up.
pub(super) fn count(text: &str) -> Result<usize, String> {
    match text.trim().parse() {
        Ok(number) if number >= 1 => Ok(number),
        _ => Err("expected a whole number from 1 up".to_owned()),
    }
}

/// The same, as many as can be drawn.
pub(super) fn draws(text: &str) -> Result<u64, String> {
    count(text).map(|number| number as u64)
}

/// A seed.
pub(super) fn seed(text: &str) -> Result<u64, String> {
    text.trim().parse().map_err(|_| format!("expected a whole number from 0 to {}", u64::MAX))
}

/// A number of threads.
pub(super) fn threads(text: &str) -> Result<usize, String> {
    match count(text) {
        Ok(number) if number <= MOST_THREADS => Ok(number),
        _ => Err(format!("expected a whole number from 1 to {MOST_THREADS}")),
    }
}
