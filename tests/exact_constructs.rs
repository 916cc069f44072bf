//! Every form of the language in the exact reading, against values known by hand, and beside each a slip.

#![allow(clippy::wildcard_enum_match_arm, reason = "what is not named fails the test")]
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use driftproof::expression::{Derivation, Expected, Rational, Statement};
use driftproof::language::parse;
use driftproof::reading::exact::{BindReason, Evidence, ExactInstance, Unable, read};
use std::path::Path;

fn derivation(text: &str) -> Derivation {
    parse("test.drift", text).unwrap_or_else(|said| panic!("{said}"))
}

/// Reads every claim of a text, at its instance if it has one: claims must hold and refutes be refuted.
#[track_caller]
fn check(text: &str) {
    let derivation = derivation(text);
    let instance = match derivation.instances.first() {
        Some(instance) => {
            ExactInstance::bind(instance, &derivation.symbols, Path::new("derivations")).unwrap()
        }
        None => ExactInstance::random(&derivation.symbols, 3),
    };
    let mut wrong = vec![];
    for statement in &derivation.statements {
        let Statement::Claim(claim) = statement else { continue };
        let evidence = read(claim, &instance);
        let right = match claim.expected {
            Expected::Holds => matches!(&evidence, Evidence::Holds(agreement) if !agreement.vanishing),
            Expected::Fails => matches!(evidence, Evidence::Refuted(_)),
        };
        if !right {
            wrong.push(format!("{}: {evidence:?}", claim.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn algebra_and_derivatives() {
    check(
        "
space theta = (a, b)
scalar c > 0
claim  grad: grad(a^2*b) = [2*a*b, a^2]
refute grad_2: grad(a^2*b) = [a*b, a^2]
claim  hess: hess(a^2*b) = [[2*b, 2*a], [2*a, 0]]
refute hess_2: hess(a^2*b) = [[2*b, a], [a, 0]]
claim  lap: lap(a^2*b + b^3) = 2*b + 6*b
claim  jac: jac([a*b, a]) = [[b, a], [1, 0]]
refute jac_t: jac([a*b, a]) = [[b, 1], [a, 0]]
claim  div_v: div([a*b, a*b^2]) = b + 2*a*b
claim  div_m: div([[a*b, a*b], [b, b^2]]) = [a + b, 2*b]
refute div_t: div([[a*b, a*b], [b, b^2]]) = [b + 1, a + 2*b]
claim  third: grad(lap(a^3*b)) = [6*b, 6*a]
claim  tr: tr([[a, 1], [2, b]]) = a + b
claim  transpose: [[a, 1], [2, b]]' = [[a, 2], [1, b]]
claim  outer: outer([a, b], [1, a]) = [[a, a^2], [b, a*b]]
claim  dot: dot([a, b], [b, a]) = 2*a*b
claim  norm2: norm2([a, b]) = a^2 + b^2
claim  product: [[a, 1], [2, b]]*[a, b] = [a^2 + b, 2*a + b^2]
claim  square: [[a, 1], [0, b]]^2 = [[a^2, a + b], [0, b^2]]
claim  inverse: inv([[c, a], [a, c + a^2]])*[[c, a], [a, c + a^2]] = I
claim  inverse_slope: div(inv([[exp(a), 0], [0, exp(b)]])) = [-exp(-a), -exp(-b)]
claim  logdet: grad(logdet([[exp(a), 0], [1, exp(2*b)]])) = [1, 2]
refute logdet_2: grad(logdet([[exp(a), 0], [1, exp(2*b)]])) = [1, 1]
claim  dimension: dim*a = 2*a
claim  powers: c^(1/2)*c^(3/2)/c = c
claim  real_power: c^a = exp(a*log(c))
claim  at_point: at(grad(a^2*b), a = 3) = [6*b, 9]
claim  at_inside: grad(at(a^2*b, a = b)) = [0, 3*b^2]
refute at_early: at(grad(a^2), a = b) = [0, 2*b]
claim  at_scalar: at(c*a, c = 5) = 5*a
",
    );
}

#[test]
fn functions_have_their_derivatives() {
    check(
        "
space theta = (a, b)
function l(z)
claim  exp: grad(exp(a*b)) = exp(a*b)*[b, a]
claim  log: grad(log(2 + a*b)) = [b, a]/(2 + a*b)
claim  sin: lap(sin(a)) = -sin(a)
claim  cos: lap(cos(b)) = -cos(b)
claim  tan: grad(tan(a)) = [1 + tan(a)^2, 0]
claim  sinh: lap(sinh(a)*cosh(b)) = 2*sinh(a)*cosh(b)
claim  tanh: grad(tanh(a)) = [1 - tanh(a)^2, 0]
claim  softplus: grad(softplus(a)) = [logistic(a), 0]
claim  logistic: grad(logistic(a)) = [logistic(a)*(1 - logistic(a)), 0]
claim  arsinh: grad(arsinh(a)) = [(1 + a^2)^(-1/2), 0]
claim  arctan: grad(arctan(a)) = [1/(1 + a^2), 0]
claim  abs: grad(abs(a)) = [a/abs(a), 0]
claim  sqrt: grad(sqrt(2 + a)) = [1/(2*sqrt(2 + a)), 0]
claim  any: grad(l(a*b)) = l'(a*b)*[b, a]
claim  twice: lap(l(a)) = l''(a)
refute once: lap(l(a)) = l'(a)
refute slope: grad(softplus(a)) = [softplus(a), 0]
",
    );
}

/// The eigenvalues of M are (a + b)^2 and (a - b)^2; its root is [[a, b], [b, a]] for a > b > 0.
#[test]
fn matrix_roots_have_their_derivatives() {
    check(
        "
space theta = (a, b)
let M = [[a^2 + b^2, 2*a*b], [2*a*b, a^2 + b^2]]
let B = sqrt(M)
claim  root: B = [[a, b], [b, a]]
claim  slope: div(B) = [2, 0]
claim  second: lap(tr(B*B)) = 8
refute half: div(B) = [1, 0]
instance point { theta = [[1.5, 0.25], [2, 1]] }
",
    );
}

#[test]
fn index_notation_is_summed() {
    check(
        "
space theta
field A: matrix
field D: symmetric
field v: vector
let S[i] = A[j,k]*d[j](A[i,k])
claim  contraction: D[i,j]*v[j] = (D*v)[i]
claim  delta: delta[i,j]*v[j] = v[i]
claim  trace: delta[i,j]*D[i,j] = tr(D)
claim  divergence: d[j](D[i,j]) = div(D)[i]
claim  slopes: d[j](v[i]) = jac(v)[i,j]
claim  product: S[i] + A[i,k]*d[j](A[j,k]) = div(A*A')[i]
claim  three: d[k](D[i,j]*v[k]) = D[i,j]*div(v) + v[k]*d[k](D[i,j])
refute three_lost: d[k](D[i,j]*v[l]) = D[i,j]*d[k](v[l])
refute swapped: d[j](v[i]) = jac(v)[j,i]
",
    );
}

#[test]
fn known_distributions_have_their_moments() {
    check(
        "
space theta = (a, b)
scalar s > 0, r > 0, c
random x ~ normal(0, 1), z ~ normal(c, s), w ~ uniform(-1, 2), k ~ rademacher, q ~ bernoulli(1/4)
random e ~ exponential(r), p ~ poisson(3/2), m ~ moments(1/2, 2, 3)
claim  normal: E[x^4] = 3
refute normal_4: E[x^4] = 1
claim  located: E[z^2] = c^2 + s^2
claim  slope: grad(E[(a + z)^3]) = [3*(a + c)^2 + 3*s^2, 0]
claim  uniform: E[w^2] = 1
claim  sign: E[k^2] + E[k] = 1
claim  coin: Var[q] = 3/16
claim  waiting: E[e^3] = 6/r^3
claim  counts: Var[p] = 3/2
claim  third: E[m^3] - E[m]^2 = 11/4
claim  laplace: E[exp(a*x)] = exp(a^2/2)
refute laplace_2: E[exp(a*x)] = exp(a^2)
claim  product: E[x*z*k^2] + E[x^2]*E[z] = c
claim  nested: E[x*E[x + 1]] + E[x*(x + E[x])] = 1
claim  covariance: Cov[x + w, w] = 3/4
claim  vector: Cov[[x, x + w]] = [[1, 1], [1, 7/4]]
claim  mixed: Cov[[x, w], w] = [0, 3/4]
",
    );
}

#[test]
fn batches_are_enumerated() {
    check(
        "
scalar n > 0, N > 0
space theta
random X
field u(X): scalar
random x ~ normal(0, 1)
let g = grad(u)
claim  mean: E[mean(g, n)] = E[g]
claim  covariance: Cov[mean(g, n)] = Cov[g]/n
refute sum: Cov[sum(g, n)] = Cov[g]/n
claim  sums: Cov[sum(g, n)] = n*Cov[g]
claim  sample: E[mean(outer(g - mean(g, n), g - mean(g, n)), n)] = (n - 1)/n*Cov[g]
refute bessel: E[mean(outer(g - mean(g, n), g - mean(g, n)), n)] = Cov[g]
claim  without: Cov[mean(g, n, N)] = (N - n)/(N - 1)/n*Cov[g]
refute without_1: Cov[mean(g, n, N)] = (N - n)/N/n*Cov[g]
claim  two: Cov[mean(g, n), mean(g, n, batch = 2)] + Cov[g] = Cov[g]
claim  bare: Cov[mean(g, n) + g] = (1/n + 1)*Cov[g]
claim  normal: Var[mean(x, n)] = 1/n
claim  fixed: Var[mean(x^2, 2)] = 1
",
    );
}

#[test]
fn noise_and_shifts_are_series_in_the_step() {
    check(
        "
scalar eta > 0, c
space theta
field f: scalar
field v, mu: vector
field B: matrix
noise dW(dt), dw(dt): scalar
claim  second: E[outer(dW, dW)] = dt*I
claim  quadratic: E[dot(v, dW)^2] = dt*norm2(v)
claim  scalar: E[dw^4] = 3*dt^2
refute fourth: E[dw^4] = dt^2
claim  taylor: shift(f, eta*v) = f + eta*dot(v, grad(f)) + eta^2/2*dot(v, hess(f)*v) + O(eta^3)
refute taylor_half: shift(f, eta*v) = f + eta*dot(v, grad(f)) + eta^2*dot(v, hess(f)*v) + O(eta^3)
claim  outer_slope: grad(shift(f, eta*v)) = grad(f) + eta*grad(dot(v, grad(f))) + O(eta^2)
claim  ito: E[shift(f, mu*dt + B*dW) - f]/dt = dot(mu, grad(f)) + 1/2*tr(B*B'*hess(f)) + O(dt)
claim  half_power: E[shift(f, v*dw)] = f + dt/2*dot(v, hess(f)*v) + O(dt^(3/2))
refute root_lost: shift(f, v*sqrt(eta)) = f + O(eta)
claim  root: shift(f, v*sqrt(eta)) = f + sqrt(eta)*dot(v, grad(f)) + O(eta)
claim  flux: current(eta*v) = eta*v - eta^2/2*(jac(v)*v + v*div(v)) + O(eta^3)
refute flux_full: current(eta*v) = eta*v - eta^2*(jac(v)*v + v*div(v)) + O(eta^3)
claim  middle: midpoint(eta*v) = eta*v - eta^2/2*jac(v)*v + O(eta^3)
claim  end: destination(eta*v) = eta*v - eta^2*jac(v)*v + O(eta^3)
refute end_half: destination(eta*v) = eta*v - eta^2/2*jac(v)*v + O(eta^3)
claim  exact: exp(c*eta) = 1 + c*eta + c^2*eta^2/2 + O(eta^3)
claim  division: (exp(eta) - 1)/eta = 1 + eta/2 + O(eta^2)
claim  root_matrix: sqrt(eta*I + eta^2*I) = sqrt(eta)*(1 + eta/2)*I + O(eta^(5/2))
",
    );
}

#[test]
fn integrals_are_by_parts() {
    check(
        "
space theta
test phi: scalar
field v: vector
claim  parts: integral(dot(v, grad(phi))) = -integral(phi*div(v))
refute sign: integral(dot(v, grad(phi))) = integral(phi*div(v))
",
    );
}

#[test]
fn conditions_and_hypotheses_are_brought_about() {
    check(
        "
space theta = (a, b)
scalar c > 0, k
field V, W: scalar
field mu: vector
given grad(V) = -mu
claim  force: div(mu) = -lap(V)
refute force_sign: div(mu) = lap(V)
claim  valley where a*b = c: (a*b)^2 = c*a*b
claim  critical where grad(W) = 0: div(exp(W)*grad(W)) = exp(W)*lap(W)
refute off: div(exp(W)*grad(W)) = exp(W)*lap(W)
claim  chosen where k = 1/2: k*a = a/2
",
    );
}

#[test]
fn dimensions_and_symmetry_are_conditions() {
    check(
        "
space theta
field B: matrix
field D: symmetric
let S[i] = B[j,k]*d[j](B[i,k])
let R[i] = B[i,k]*d[j](B[j,k])
claim  one where dim = 1: S = R
refute more: S = R
claim  symmetric where B = B': B*B = B*B'
",
    );
}

/// Residuals at (3/2, 1/2) are -3/2, 0, -3/2, 0, so that the mean gradient is (0, -3/16).
#[test]
fn instances_bind_data_numbers_and_functions() {
    check(
        "
scalar eta > 0, n > 0, c
space theta = (p, q)
random X
field u(X): scalar
field D: symmetric
field mu: vector
function l(z)
claim  gradient: E[grad(u)] = [0, -3/16]
refute other: E[grad(u)] = [0, 3/16]
claim  diffusion: div(D) = [2*p, 4*q]
claim  drift: div(mu) = -2*c
claim  number: eta*n = 1/5
claim  function: l'(p - p) = 1/2
instance toy {
    u = 1/2*(dot(theta, x) - y)^2
    data = [[1, 0, 3], [0, 2, 1], [-1, 0.5, 1/4], [1, 1, 2]]
    theta = [1.5, 0.5]
    eta = 0.1
    n = 20*eta
    c = 2*eta
    D = [[norm2(theta), 0], [0, 1 + 2*norm2(theta)]]
    mu = -c*theta
    l = softplus
}
",
    );
}

fn bind_error(entries: &str) -> (BindReason, String) {
    let text = format!(
        "scalar eta > 0\nspace theta\nrandom X\nfield u(X), f: scalar\nfield D: symmetric\nnoise dW(dt)\n\
         claim c: E[u] = E[u]\ninstance bad {{\n{entries}\n}}"
    );
    let derivation = derivation(&text);
    let error =
        ExactInstance::bind(&derivation.instances[0], &derivation.symbols, Path::new("tests/bad_data"))
            .unwrap_err();
    let place = text[error.span.clone()].to_owned();
    (*error.reason, place)
}

#[test]
fn wrong_entries_are_refused_with_their_place() {
    let data = "data = [[1, 2, 0], [3, 4, 1]]\n";
    let (reason, place) = bind_error("etta = 1");
    assert!(matches!(&reason, BindReason::UnknownKey { nearest: Some(near) } if near == "eta"), "{reason:?}");
    assert_eq!(place, "etta = 1", "where");
    for (entries, wanted) in [
        ("eta = -1".to_owned(), "above 0"),
        ("dW = 1".to_owned(), "cannot be bound"),
        ("u = loss(logistic_regression)".to_owned(), "no data"),
        (format!("{data}u = loss(logistic_regresion)"), "logistic_regression"),
        (format!("{data}u = loss(logistic_regression)\ntheta = [1, 2, 3]"), "3"),
        (format!("{data}u = dot(theta, z)"), "z is not known"),
        (format!("{data}u = theta"), "declared to be a scalar"),
        (format!("{data}f = x1"), "not declared to depend on"),
        (format!("{data}D = [[1, 2], [3, 4]]\ntheta = [0, 0]"), "symmetric"),
        ("theta = zeros".to_owned(), "dimension"),
        ("data = csv(\"nowhere.csv\")".to_owned(), "no such file"),
        ("data = [[1, 2], [3]]".to_owned(), "rows[1]"),
        ("theta = [1, log(-1)]".to_owned(), "finite"),
        (format!("{data}theta = normal(scal = 1)"), "scale"),
        ("f = theta*theta\ntheta = [1, 2]".to_owned(), "dot or outer"),
    ] {
        let (reason, _) = bind_error(&entries);
        assert!(reason.to_string().contains(wanted), "{entries}: {reason}");
    }
}

fn only(text: &str) -> Evidence {
    let derivation = derivation(text);
    let instance = match derivation.instances.first() {
        Some(instance) => ExactInstance::bind(instance, &derivation.symbols, Path::new(".")).unwrap(),
        None => ExactInstance::random(&derivation.symbols, 5),
    };
    let claim = derivation.statements.iter().find_map(|statement| match statement {
        Statement::Claim(claim) => Some(claim),
        Statement::Assumption { .. } => None,
    });
    read(claim.unwrap(), &instance)
}

#[test]
fn the_order_of_the_difference_is_seen_and_fitted() {
    let text = "
scalar eta > 0, n > 0
space theta
random X
field u(X): scalar
let g = grad(u)
let step = -eta*mean(g, n)
claim bias: midpoint(step - E[step]) = -eta^2/(2*n)*div(Cov[g]) + O(eta^3)
";
    let Evidence::Holds(agreement) = only(text) else { panic!("it holds") };
    assert!(!agreement.vanishing, "there is something to compare");
    let slope = agreement.slope.unwrap();
    assert_eq!(slope.leading, Some(Rational::integer(3)), "the first coefficient that differs");
    let fitted = slope.fitted.unwrap();
    assert!((fitted - 3.0).abs() < 0.2, "fitted {fitted}");
    let Evidence::Refuted(refutation) = only(&text.replace("(2*n)", "n")) else { panic!("refuted") };
    assert_eq!(refutation.order, Some(Rational::integer(2)), "at which power");
    let (left, right) = (refutation.components[0].left, refutation.components[0].right);
    assert!((right - 2.0 * left).abs() < 1e-10 * right.abs(), "twice: {left} {right}");
}

#[test]
fn what_has_no_value_is_no_agreement() {
    for (claim, what) in [
        ("c: log(-1 - a^2) = log(-1 - a^2)", "log of a negative number"),
        ("c: inv([[a, a], [a, a]]) = inv([[a, a], [a, a]])", "a singular matrix"),
        ("c: grad(abs(a - a)) = grad(abs(a - a))", "a kink"),
        ("c: exp(1000*exp(9 + a^2)) = exp(1000*exp(9 + a^2))", "an overflow"),
        ("c: exp(1/eta) = exp(1/eta) + O(eta)", "no series"),
        ("c where a^2 = -1: a = a", "a condition that cannot be met"),
        ("c where dim = 3: a = a", "another dimension"),
    ] {
        let evidence = only(&format!("scalar eta > 0\nspace theta = (a, b)\nclaim {claim}\n"));
        assert!(matches!(evidence, Evidence::Unable(_)), "{what}: {evidence:?}");
    }
}

#[test]
fn kinks_of_a_root_are_refused() {
    // M = a^2: its root has a kink at a = 0, and P0 dF Q0 says so where M is a covariance.
    let text = "
space theta = (a)
random X
field u(X): scalar
claim c: div(sqrt(Cov[grad(u)])) = div(sqrt(Cov[grad(u)]))
instance zero { u = 1/2*x*a^2
  data = rows([[1], [-1]], columns = [x])
  theta = [0] }
";
    let evidence = only(text);
    assert!(matches!(evidence, Evidence::Unable(Unable::Root(_))), "{evidence:?}");
}
