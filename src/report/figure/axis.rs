//! Axes: from numbers to places, and the numbers that are written beside them.
//!
//! An axis of places has a label for each of them and no numbers. On a linear axis a value `v` stands at `u = (v - base)/10^k`. The exponent `k` is 0 unless the numbers are large or small;
//! the base is 0 unless the values differ by less than [`NARROW`] of themselves. Both are said by [`Axis::unit`]. On a
//! logarithmic axis it stands at `u = log10 v`. Ticks are at 1, 2 or 5 times a power of ten.

/// Numbers from this on are written in units of a power of ten.
const LARGE: f64 = 1e5;

/// And below this.
const SMALL: f64 = 1e-3;

/// Spread of the values, relative to their size, below which the axis shows what they differ by.
const NARROW: f64 = 1e-4;

/// Spread of the values, relative to their size, below which they are one value but for rounding.
const CONSTANT: f64 = 1e-13;

/// Share of the axis that is free at either end.
const MARGIN: f64 = 0.04;

/// An axis reaches to 0 if the nearest value is nearer to it than this share of the farthest.
const NEAR_ZERO: f64 = 0.4;

/// The least exponent: below, a power of ten is no normal number.
const LEAST_EXPONENT: i32 = -300;

/// A number beside an axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    /// Where: 0 at the beginning of the axis, 1 at its end.
    pub(super) at: f64,
    pub(super) label: String,
}

/// An axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    logarithmic: bool,
    base: f64,
    exponent: i32,
    low: f64,
    high: f64,
    pub(super) ticks: Vec<Tick>,
    /// Places of ticks without numbers.
    pub(super) minor: Vec<f64>,
}

/// Whether an axis has a place for a value.
pub(super) fn can_show(value: f64, logarithmic: bool) -> bool {
    value.is_finite() && (!logarithmic || value > 0.0)
}

/// What is free between two labels.
const GAP: f64 = 14.0;

/// Ticks that fit on `width` if the widest label takes `widest`.
pub(super) fn fitting(width: f64, widest: f64) -> u32 {
    (2..=8).rev().find(|&count| f64::from(count) * (widest + GAP) <= width).unwrap_or(1)
}

/// How many labels of places fit on `width` side by side.
pub(super) fn fitting_labels(labels: &[String], width: f64) -> usize {
    let widest = labels.iter().map(|label| super::letters::width(label)).fold(0.0, f64::max);
    (1..=labels.len()).rev().find(|&k| super::letters::lines(k) * (widest + GAP) <= width).unwrap_or(0)
}

impl Axis {
    /// An axis for values that it can show. `fitting` says how many ticks there may be, given the width of a label.
    pub(super) fn new(values: &[f64], logarithmic: bool, fitting: impl Fn(f64) -> u32) -> Self {
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let empty = low > high;
        let mut axis = match (logarithmic, empty) {
            (true, true) => Self::over(true, 0.0, 1.0),
            (true, false) => Self::over_decades(low.log10(), high.log10()),
            (false, true) => Self::over(false, 0.0, 1.0),
            (false, false) => Self::over_numbers(low, high),
        };
        // Fewer ticks have shorter labels or as long ones: the first number of ticks that fits is found downwards.
        for count in (1..=8).rev() {
            axis.set_ticks(count);
            let widest = axis.ticks.iter().map(|tick| super::letters::width(&tick.label)).fold(0.0, f64::max);
            if axis.ticks.len() <= fitting(widest) as usize {
                break;
            }
        }
        axis
    }

    /// An axis of places, `x = 1` the first, each with a label; where they do not fit side by side, with every second, fifth,
    /// tenth of them.
    pub(super) fn of_places(labels: &[String], width: f64) -> Self {
        let count = super::letters::lines(labels.len().max(1));
        let most = fitting_labels(labels, width);
        let every = [1, 2, 5, 10, 20, 50, 100].into_iter().find(|every| labels.len() / every <= most);
        let every = every.unwrap_or(labels.len());
        let mut axis = Self::over(false, 0.5, count + 0.5);
        let all = labels.iter().enumerate().filter(|(k, _)| (k + 1).is_multiple_of(every));
        axis.ticks = all
            .map(|(k, label)| Tick { at: (super::letters::lines(k) + 0.5) / count, label: label.clone() })
            .collect();
        axis
    }

    fn over(logarithmic: bool, low: f64, high: f64) -> Self {
        Self { logarithmic, base: 0.0, exponent: 0, low, high, ticks: Vec::new(), minor: Vec::new() }
    }

    fn over_decades(low: f64, high: f64) -> Self {
        let margin = if high - low < 1e-9 { 0.5 } else { MARGIN * (high - low) };
        Self::over(true, low - margin, high + margin)
    }

    fn over_numbers(low: f64, high: f64) -> Self {
        let size = low.abs().max(high.abs());
        // Each half is finite, whatever the numbers.
        let half_spread = 0.5 * high - 0.5 * low;
        let constant = half_spread <= 0.5 * CONSTANT * size;
        let narrow = !constant && half_spread < 0.5 * NARROW * size;
        let base = if narrow {
            let unit = power(exponent_of(2.0 * half_spread) + 1);
            (low / unit).floor() * unit
        } else {
            0.0
        };
        let (low, high) = (low - base, high - base);
        let size = low.abs().max(high.abs());
        let exponent = if size <= 0.0 || (SMALL..LARGE).contains(&size) { 0 } else { exponent_of(size) };
        let (low, high) = (low / power(exponent), high / power(exponent));
        let (low, high) = match constant {
            true if size > 0.0 => (low - 0.5 * low.abs(), high + 0.5 * high.abs()),
            true => (-1.0, 1.0),
            false => {
                let margin = MARGIN * (high - low);
                let to_zero =
                    |near: f64, far: f64| !narrow && near * far >= 0.0 && near.abs() < NEAR_ZERO * far.abs();
                (
                    if low >= 0.0 && to_zero(low, high) { 0.0 } else { low - margin },
                    if high <= 0.0 && to_zero(high, low) { 0.0 } else { high + margin },
                )
            }
        };
        Self { base, exponent, ..Self::over(false, low, high) }
    }

    /// Where a value stands: 0 at the beginning, 1 at the end; beyond both ends what is beyond is held.
    pub(super) fn place(&self, value: f64) -> Option<f64> {
        if !can_show(value, self.logarithmic) {
            return None;
        }
        let u = if self.logarithmic { value.log10() } else { (value - self.base) / power(self.exponent) };
        let at = (u - self.low) / (self.high - self.low);
        at.is_finite().then(|| at.clamp(0.0, 1.0))
    }

    /// What the labels are counted in, if that is not 1 from 0.
    pub(super) fn unit(&self) -> Option<String> {
        let less = (self.base.abs() > 0.0).then(|| format!("less {:e}", self.base));
        let unit = (self.exponent != 0).then(|| format!("in 10{}", superscript(self.exponent)));
        match (less, unit) {
            (None, None) => None,
            (Some(one), None) | (None, Some(one)) => Some(one),
            (Some(less), Some(unit)) => Some(format!("{less}, {unit}")),
        }
    }

    fn set_ticks(&mut self, count: u32) {
        let all = if self.logarithmic { self.decades(count) } else { self.numbers(count) };
        let at = |u: f64| (u - self.low) / (self.high - self.low);
        let inside = |at: &f64| (-1e-9..=1.0 + 1e-9).contains(at);
        let ticks = all.iter().map(|(u, label)| Tick { at: at(*u), label: label.clone() });
        let ticks: Vec<Tick> = ticks.filter(|tick| inside(&tick.at)).collect();
        self.minor = if self.logarithmic {
            self.minors().into_iter().map(at).filter(inside).collect()
        } else {
            Vec::new()
        };
        self.ticks = ticks;
    }

    fn numbers(&self, count: u32) -> Vec<(f64, String)> {
        multiples(self.low, self.high, count)
            .into_iter()
            .map(|(u, decimals)| (u, decimal(u, decimals)))
            .collect()
    }

    /// Powers of ten; their doubles and fivefolds where there are few; plain numbers where there are none.
    fn decades(&self, count: u32) -> Vec<(f64, String)> {
        let (first, last) = (whole(self.low.ceil()), whole(self.high.floor()));
        let plain = first >= -3 && last <= 4;
        let powers = last - first + 1;
        let most = i32::try_from(count).unwrap_or(8);
        if powers >= 3 || (powers == 2 && most <= 4) {
            let step = (powers + most - 1) / most;
            let from = first + (step - first.rem_euclid(step)) % step;
            let ticks = (0..).map(|k| from + k * step).take_while(|k| *k <= last);
            return ticks.map(|k| (f64::from(k), numeral(1.0, k, plain))).collect();
        }
        let between: Vec<(f64, String)> = (first - 1..=last)
            .flat_map(|k| [1.0_f64, 2.0, 5.0].map(|m| (m.log10() + f64::from(k), numeral(m, k, plain))))
            .filter(|(u, _)| (self.low..=self.high).contains(u))
            .collect();
        if between.len() >= 2 {
            let every = between.len().div_ceil(count as usize);
            return between.into_iter().step_by(every).collect();
        }
        // Within a factor of less than five: numbers evenly apart, in units of a power of ten that keeps them finite.
        let unit = whole(self.low.floor()).clamp(LEAST_EXPONENT, 308);
        let value = |u: f64| 10.0_f64.powf(u - f64::from(unit));
        let ticks = multiples(value(self.low), value(self.high), count);
        ticks
            .into_iter()
            .filter(|(m, _)| *m > 0.0)
            .map(|(m, decimals)| {
                let plain = (-3..=4).contains(&unit);
                let places =
                    decimals.saturating_sub(u32::try_from(unit).unwrap_or(0)) + unit.min(0).unsigned_abs();
                let label = if plain {
                    decimal(m * power(unit), places)
                } else {
                    format!("{}·10{}", decimal(m, decimals), superscript(unit))
                };
                (m.log10() + f64::from(unit), label)
            })
            .collect()
    }

    /// The multiples of powers of ten between ticks that are powers of ten.
    fn minors(&self) -> Vec<f64> {
        if self.high - self.low > 6.0 {
            return Vec::new();
        }
        let decades = whole(self.low.floor())..=whole(self.high.floor());
        decades.flat_map(|k| (1..=9).map(move |m: u8| f64::from(m).log10() + f64::from(k))).collect()
    }
}

/// Multiples of 1, 2 or 5 times a power of ten between two numbers, about `count` of them, with the decimals they need.
fn multiples(low: f64, high: f64, count: u32) -> Vec<(f64, u32)> {
    let spread = high - low;
    if !(spread > 0.0 && spread.is_finite()) {
        return Vec::new();
    }
    let least = spread / f64::from(count.max(1));
    let exponent = exponent_of(least);
    let (factor, exponent) = [(1.0, 0), (2.0, 0), (5.0, 0), (10.0, 0)]
        .into_iter()
        .find(|(factor, _)| factor * power(exponent) >= least * (1.0 - 1e-9))
        .map_or(
            (1.0, exponent + 1),
            |(factor, _)| if factor > 9.0 { (1.0, exponent + 1) } else { (factor, exponent) },
        );
    let step = factor * power(exponent);
    let decimals = exponent.min(0).unsigned_abs();
    let first = (low / step - 1e-9).ceil();
    let ticks = (0..=count + 1).map(|k| (first + f64::from(k)) * step);
    ticks.take_while(|u| *u <= high + 1e-9 * step).map(|u| (u, decimals)).collect()
}

/// The exponent of the power of ten at or below a positive number.
fn exponent_of(size: f64) -> i32 {
    whole(size.log10().floor()).clamp(LEAST_EXPONENT, 308)
}

/// `10^k`, as exactly as it can be written.
fn power(k: i32) -> f64 {
    format!("1e{k}").parse().unwrap_or(f64::INFINITY)
}

#[allow(clippy::cast_possible_truncation, reason = "exponents of doubles; casts of floats saturate")]
fn whole(number: f64) -> i32 {
    number as i32
}

/// A number with so many decimals, 0 without a sign.
fn decimal(u: f64, decimals: u32) -> String {
    if decimals > 9 {
        return format!("{u:e}");
    }
    let text = format!("{u:.0$}", decimals as usize);
    let zero = text.trim_start_matches('-').chars().all(|c| matches!(c, '0' | '.'));
    if zero { text.trim_start_matches('-').to_owned() } else { text.replace('-', "\u{2212}") }
}

/// `m 10^k`, plain as a decimal; all labels of an axis are written alike.
fn numeral(m: f64, k: i32, plain: bool) -> String {
    if plain {
        decimal(m * power(k), k.min(0).unsigned_abs())
    } else if m > 1.0 {
        format!("{m}·10{}", superscript(k))
    } else {
        format!("10{}", superscript(k))
    }
}

/// A whole number in raised digits.
fn superscript(number: i32) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let raised = |c: char| c.to_digit(10).and_then(|d| DIGITS.get(d as usize).copied()).unwrap_or('⁻');
    number.to_string().chars().map(raised).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(values: &[f64], logarithmic: bool) -> Vec<String> {
        Axis::new(values, logarithmic, |_| 6).ticks.into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn ticks_are_at_round_numbers() {
        assert_eq!(labels(&[0.0, 1.0], false), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(&[-3.0, 17.0], false), ["0", "5", "10", "15"]);
        assert_eq!(labels(&[-0.021, 0.019], false), ["−0.02", "−0.01", "0.00", "0.01", "0.02"]);
        assert_eq!(labels(&[1e-4, 100.0], true), ["10⁻⁴", "10⁻²", "10⁰", "10²"]);
        assert_eq!(labels(&[1.0, 1000.0], true), ["1", "10", "100", "1000"]);
        assert_eq!(labels(&[0.1, 2.0], true), ["0.1", "0.2", "0.5", "1", "2"]);
        assert_eq!(labels(&[3.1, 3.9], true), ["3.2", "3.4", "3.6", "3.8"]);
    }

    #[test]
    fn ticks_stand_where_their_numbers_are() {
        for values in [[0.0, 1.0], [-7.5, 2.25], [12.0, 9_000.0], [0.0013, 0.002]] {
            for logarithmic in [false, true] {
                if logarithmic && values[0] <= 0.0 {
                    continue;
                }
                let axis = Axis::new(&values, logarithmic, |_| 6);
                assert!(axis.ticks.len() >= 2, "{values:?}: {axis:?}");
                for tick in &axis.ticks {
                    let value: f64 = tick.label.replace('−', "-").parse().expect(&tick.label);
                    let place = axis.place(value).unwrap();
                    // Labels have all the digits of their numbers: some roundings.
                    assert!((place - tick.at).abs() < 1e-9, "{values:?}: {tick:?} stands at {place}");
                }
            }
        }
    }

    #[test]
    fn whatever_the_numbers_there_are_places_and_ticks() {
        let sizes = [f64::MAX, 1e300, 1e17, 1.0, 1e-9, 1e-300, f64::MIN_POSITIVE, 5e-324, 0.0];
        for a in sizes {
            for b in sizes.into_iter().chain(sizes.map(|x| -x)) {
                let axis = Axis::new(&[a, b], false, |_| 6);
                for value in [a, b] {
                    assert!(axis.place(value).is_some(), "{a:e} {b:e}: {axis:?}");
                }
                assert!(!axis.ticks.is_empty() && axis.ticks.len() < 12, "{a:e} {b:e}: {axis:?}");
                if a > 0.0 && b > 0.0 {
                    let axis = Axis::new(&[a, b], true, |_| 6);
                    assert!(axis.place(a).is_some() && !axis.ticks.is_empty(), "{a:e} {b:e}: {axis:?}");
                    assert!(axis.ticks.len() < 12, "{a:e} {b:e}: {axis:?}");
                }
            }
        }
        assert!(!Axis::new(&[], false, |_| 6).ticks.is_empty(), "an axis of nothing");
        assert!(!Axis::new(&[], true, |_| 6).ticks.is_empty(), "and a logarithmic one");
    }

    #[test]
    fn what_cannot_be_shown_has_no_place() {
        let (linear, decades) = (Axis::new(&[0.0, 1.0], false, |_| 5), Axis::new(&[1.0, 10.0], true, |_| 5));
        assert_eq!([f64::NAN, f64::INFINITY].map(|x| linear.place(x)), [None, None], "not finite");
        assert_eq!([0.0, -1.0].map(|x| decades.place(x)), [None, None], "no logarithm");
    }

    #[test]
    fn units_are_said() {
        let unit = |values: &[f64]| Axis::new(values, false, |_| 5).unit();
        assert_eq!(unit(&[0.0, 1.0]), None, "plain");
        assert_eq!(unit(&[0.0, 3e-9]).as_deref(), Some("in 10⁻⁹"), "small");
        assert_eq!(unit(&[2e7, 3e7]).as_deref(), Some("in 10⁷"), "large");
        assert_eq!(unit(&[1e6 + 1.0, 1e6 + 2.0]).as_deref(), Some("less 1e6"), "nearly equal");
    }
}
