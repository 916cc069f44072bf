//! Garbage, huge and deep texts: an error in under a second, no panic, no overflow of the stack.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod expressions;

use driftproof::language::parse;
use proptest::prelude::*;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// What reading may take: a second, thrice, since this build is hardly optimised and the machine may be shared.
const PATIENCE: Duration = Duration::from_secs(3);

/// Reads a text; whether it has a meaning, and that saying so was quick.
fn accepts(text: &str) -> bool {
    let start = Instant::now();
    let result = parse("text.drift", text);
    let shown = result.as_ref().err().map(ToString::to_string);
    assert!(start.elapsed() < PATIENCE, "{:?} for {:.60}", start.elapsed(), text);
    assert!(
        shown.is_none_or(|shown| shown.contains("error") && shown.contains("text.drift:")),
        "errors have a place"
    );
    result.is_ok()
}

fn claim(side: &str) -> String {
    format!("scalar x > 0\nclaim deep: {side} = 0\n")
}

#[test]
fn deep_texts_are_errors() {
    for many in [1_000, 100_000] {
        let (open, close) = ("(".repeat(many), ")".repeat(many));
        for side in [
            format!("{open}x{close}"),
            open.clone(),
            close.clone(),
            format!("{}x", "-".repeat(many)),
            format!("x{}", "^x".repeat(many)),
            format!("x{}", "*x".repeat(many)),
            format!("x{}", "/x".repeat(many)),
            format!("x{}", "'".repeat(many)),
            format!("x{}", "[i]".repeat(many)),
            "exp(".repeat(many),
            "E[".repeat(many),
            "[".repeat(many),
            "∇".repeat(many),
            "∇·".repeat(many),
            "d[i](".repeat(many),
            "tensor[i](".repeat(many),
            format!("{}x{}", "exp(".repeat(many), ")".repeat(many)),
            format!("x{}", "²".repeat(many)),
        ] {
            assert!(!accepts(&claim(&side)), "{many} deep: {side:.40}");
        }
    }
}

#[test]
fn what_is_not_too_deep_is_read() {
    // The limit is 200, and a claim's sides and the function around them need a few.
    let many = 195;
    for side in [
        format!("{}x{}", "(".repeat(many), ")".repeat(many)),
        format!("{}x{}", "exp(".repeat(many), ")".repeat(many)),
        format!("{}x{}", "E[".repeat(many), "]".repeat(many)),
        format!("{}x", "-".repeat(many)),
        format!("x{}", "^x".repeat(many)),
        format!("x{}", "*x".repeat(many)),
        format!("x{}", " + x".repeat(10_000)),
    ] {
        assert!(accepts(&claim(&side)), "{side:.40}");
    }
}

#[test]
fn long_sums_and_texts_are_errors() {
    assert!(!accepts(&claim(&format!("x{}", " + x".repeat(100_000)))), "a sum of 100000 terms");
    assert!(!accepts(&"x".repeat(5 << 20)), "a text of 5 MiB");
    assert!(!accepts(&"claim ".repeat(100_000)), "one long line");
    assert!(!accepts(&"claim\n".repeat(100_000)), "many short lines");
    assert!(!accepts(&"1".repeat(1_000_000)), "a long number");
    assert!(!accepts(&claim(&format!("x^{}", "9".repeat(300_000)))), "a long exponent");
    assert!(!accepts(&"\"".repeat(100_000)), "quotes");
    assert!(!accepts(&"\u{0}\u{1}§".repeat(100_000)), "signs that mean nothing");
    assert!(!accepts(&format!("scalar {}", "x,".repeat(300_000))), "a name declared again and again");
}

#[test]
fn doubling_is_an_error_and_not_an_explosion() {
    for square in ["_*_", "_ + _", "_^_", "Cov[_, _]", "E[_]*mean(_, n)"] {
        let text = (0..60).fold("scalar n > 0\nfield a0: scalar\n".to_owned(), |text, k| {
            format!("{text}let a{} = {}\n", k + 1, square.replace('_', &format!("a{k}")))
        });
        assert!(!accepts(&format!("{text}claim big: a60 = a59\n")), "{square}");
    }
    let lets =
        (0..190).fold("field a0: scalar\n".to_owned(), |text, k| format!("{text}let a{} = -a{k}\n", k + 1));
    assert!(accepts(&format!("{lets}claim chain: a190 = a0\n")), "a chain is no explosion");
}

#[test]
fn a_tower_of_components_is_no_explosion() {
    let mut text = "space theta\nfield A0: matrix\nfield D: symmetric\n".to_owned();
    text += "let A1[i,j] = D[i,k]*D[k,j]\n";
    for k in 1..60 {
        let _ = writeln!(text, "let A{}[i,j] = A{k}[i,j] + A{k}[j,i]", k + 1);
    }
    let _ = accepts(&format!("{text}claim root: sqrt(A12) = sqrt(A12)\n"));
}

/// What a decision may take in this build: a work limit of some tenths of a second, several times over.
const DECISION: Duration = Duration::from_secs(20);

#[test]
fn decisions_stop_at_a_limit_of_work_that_is_named() {
    let names = "scalar eta > 0, n > 0\nspace theta\nrandom X\nfield u(X): scalar\nfield p, q: scalar\n\
                 let step = -eta*mean(grad(u), n)\n";
    for claim in [
        "destination(step) = destination(step) + eta^4*E[grad(u)] + O(eta^6)",
        "(p + q + eta + n + u + 1)^40 = 0",
        "E[mean(u, n)^9] = E[u]^9",
    ] {
        let start = Instant::now();
        let checkup = driftproof::check::text(
            "limit.drift",
            &format!("{names}claim large: {claim}\n"),
            &driftproof::check::Options::default(),
        )
        .unwrap();
        let taken = start.elapsed();
        assert!(taken < DECISION, "{taken:?} for {claim}");
        assert!(checkup.as_claimed().is_err(), "nothing is proved at a limit: {claim}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let text = String::from_utf8_lossy(&bytes);
        let _ = accepts(&text);
        let _ = parse("text.md", &text);
        let _ = accepts(&format!("{}claim a: {text}", expressions::DECLARATIONS));
    }

    #[test]
    fn tokens_are_read_without_a_panic(words in proptest::collection::vec(0..WORDS.len(), 0..40)) {
        let text: Vec<&str> = words.iter().map(|word| WORDS[*word]).collect();
        let text = text.join(" ");
        let _ = accepts(&format!("{}{text}", expressions::DECLARATIONS));
        let _ = accepts(&format!("{}let q = {text}\nclaim a: q = {text}\n", expressions::DECLARATIONS));
        let _ = accepts(&format!("{}claim a where {text}: 0 = 0", expressions::DECLARATIONS));
    }
}

/// Pieces of the language.
const WORDS: [&str; 64] = [
    "claim", "let", "where", "given", "scalar", "field", "a", "q", "eta", "n", "c", "theta", "X", "x", "u",
    "p", "mu", "D", "B", "dW", "phi", "l", "E", "Cov", "Var", "O", "I", "d", "dim", "delta", "tensor", "sum",
    "mean", "grad", "div", "hess", "sqrt", "shift", "midpoint", "at", "inv", "+", "-", "*", "/", "^", "'",
    "(", ")", "[", "]", "[i]", "[i,j]", "[j]", ",", ":", "=", "0", "1/2", "2", "∇", "·", "²", "\n",
];
