//! One noise, every convention: the drift of `dtheta = b dt + B o dW` as an Ito equation, and what its current carries.
//!
//! Pollen in a temperature gradient, as SGD on eight samples: `G = 0` and `D = theta_1 I` exactly. Two square roots of
//! the same `2D` are read in every convention: the symmetric root, and the rectangular factor of centred gradients.

#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use driftproof::convention::{Alpha, Convention};
use driftproof::data::Data;
use driftproof::loss::{Builtin, Problem};
use driftproof::noise::{self, current_drift, ito_drift};
use driftproof::sgd::Sgd;
use nalgebra::DVector;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rows: Vec<[f64; 2]> = (0..4).flat_map(|k| [[f64::from(k), 1.0], [f64::from(k), -1.0]]).collect();
    let problem = Problem::new(Builtin::PollenGrain, &Data::from_rows(&["k", "s"], &rows)?)?;
    let (theta, sgd) = ([1.5, 0.3], Sgd::new(2.0, 1)?); // eta/2n = 1
    let drift = noise::drift(&problem, &theta, &sgd)?;
    let roots = noise::roots(&problem, &theta, &sgd)?;
    let (b, div_diffusion) = (-&drift.moments.gradient, -&drift.v_noise);
    let symmetric = roots.spurious?.drift.s;

    println!(
        "at theta = (1.5, 0.3), where D = theta_1 I and b = -G = 0:   -div D = {}\n",
        show(&drift.v_noise)
    );
    println!("                         symmetric root                     rectangular factor");
    println!(
        "                         S = {}            S = {}",
        show(&symmetric),
        show(&roots.s_rectangular)
    );
    println!("read as                  mu              current            mu              current");
    for (name, convention) in [
        ("Ito", Convention::Ito),
        ("alpha = 1/4", Convention::Alpha(Alpha::new(0.25)?)),
        ("Stratonovich", Convention::Stratonovich),
        ("Haenggi-Klimontovich", Convention::HaenggiKlimontovich),
        ("isothermal", Convention::Isothermal),
    ] {
        print!("{name:<23}");
        for s in [&symmetric, &roots.s_rectangular] {
            let ito = ito_drift(convention, &b, s, &div_diffusion);
            let current = current_drift(convention, &b, s, &div_diffusion);
            print!("  {}  {} ", show(&ito), show(&current));
        }
        println!();
    }
    println!(
        "\nmu is the mean step per unit time; the current carries mu - div D where the density is flat."
    );
    println!(
        "SGD itself is the first line. No current, and so a uniform density at rest, is isothermal: with the"
    );
    println!("symmetric root of this D that is alpha = 1, with the rectangular factor alpha = 1/2.");
    Ok(())
}

fn show(v: &DVector<f64>) -> String {
    // A rounding error of 1e-17 would print as -0.00.
    let tidy = |x: f64| if x.abs() < 1e-12 { 0.0 } else { x };
    format!("({:5.2}, {:5.2})", tidy(v[0]), tidy(v[1]))
}
