//! The program `driftproof`.
fn main() {}
