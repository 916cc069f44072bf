//! Every rule of the normal form by its name, against the exact witness: what the rule says agrees at random instances and
//! is equal in normal form, and a planted wrong variant of it differs in both.
//!
//! A rule stands in the table with the module that has it. The witness shares nothing with that module, so that a rule that
//! is wrong makes the two contradict each other.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use driftproof::expression::{Claim, Statement, Symbols};
use driftproof::language;
use driftproof::reading::symbolic::witness::{Options, Outcome, witness};
use driftproof::reading::symbolic::{Comparison, compare};

/// Seeds of the random instances: each rule is put to six instances for each.
const SEEDS: [u64; 2] = [3, 14];

const SPACE: &str = "
scalar eta > 0, n > 0, N > 0, c, k, r > 0
space theta
random X
random z ~ normal(0, 1), e ~ normal(k, r), s ~ rademacher, h ~ bernoulli(1/3)
random w ~ uniform(-1, 2), y ~ exponential(3), m ~ poisson(r), q ~ moments(c, r)
field u(X), v(X): scalar
field f, V: scalar
field p: scalar > 0
field b, mu: vector
field A: symmetric
field B: matrix
noise dW(eta)
noise dt_noise(r): scalar
test phi: scalar
function l(t)
let g = grad(u)
let Sigma = Cov[g]
let step = -eta*mean(g, n)
";

const PLANE: &str = "
scalar c, n > 0, eta > 0
space theta = (a, b)
random x
random e ~ normal(0, 1)
field F: vector
field D: symmetric
field f: scalar
";

/// A rule: the module that has it and its name, what it says, and a wrong variant.
type Rule = (&'static str, &'static str, &'static str);

/// Rules in an abstract space of any dimension.
const RULES: [Rule; 72] = [
    ("algebra: a delta renames", "I*b = b", "I*b = 2*b"),
    ("algebra: a delta traced is the dimension", "tr(I) = dim", "tr(I) = 1"),
    ("algebra: powers of one base are joined", "p^2*p^c = p^(c + 2)", "p^2*p^c = p^(2*c)"),
    ("algebra: powers of sums are expanded", "(f + c)^2 = f^2 + 2*c*f + c^2", "(f + c)^2 = f^2 + c*f + c^2"),
    ("algebra: sin^2 = 1 - cos^2", "sin(f)^2 + cos(f)^2 = 1", "sin(f)^2 - cos(f)^2 = 1"),
    ("algebra: a sign squared is 1", "E[s^2*u] = E[u]", "E[s*u] = E[u]"),
    ("algebra: an indicator squared is itself", "E[h^2*u] = E[h*u]", "E[h^2*u] = E[h]^2*E[u]"),
    ("algebra: |f|^2 = f^2", "abs(f)^2 = f^2", "abs(f)^3 = f^3"),
    ("function: a root of a square is positive", "sqrt(f^2) = abs(f)", "sqrt(f^2) = f"),
    ("function: a root of a product", "sqrt(4*p) = 2*sqrt(p)", "sqrt(4*p) = 4*sqrt(p)"),
    ("function: a root of a power", "sqrt(p^4) = p^2", "sqrt(p^4) = p"),
    ("function: exp of a sum", "exp(f + V) = exp(f)*exp(V)", "exp(f + V) = exp(f) + exp(V)"),
    ("function: exp of a logarithm", "exp(2*log(p)) = p^2", "exp(2*log(p)) = 2*p"),
    ("function: a logarithm of a product", "log(p^2*r) = 2*log(p) + log(r)", "log(p^2*r) = log(p) + log(r)"),
    (
        "function: sin of a sum",
        "sin(f + V) = sin(f)*cos(V) + cos(f)*sin(V)",
        "sin(f + V) = sin(f)*cos(V) - cos(f)*sin(V)",
    ),
    ("function: cos of a double angle", "cos(2*f) = 2*cos(f)^2 - 1", "cos(2*f) = cos(f)^2 - 1"),
    (
        "function: tanh through exp",
        "tanh(f) = (exp(f) - exp(-f))/(exp(f) + exp(-f))",
        "tanh(f) = (exp(f) + exp(-f))/(exp(f) - exp(-f))",
    ),
    ("function: softplus through exp", "softplus(f) - softplus(-f) = f", "softplus(f) + softplus(-f) = f"),
    ("fraction: one denominator", "1/f + 1/V = (f + V)/(f*V)", "1/f + 1/V = 1/(f + V)"),
    (
        "fraction: a common factor is divided out",
        "(f^2 - V^2)/(f - V) = f + V",
        "(f^2 - V^2)/(f - V) = f - V",
    ),
    ("derivative: of a product", "grad(f*V) = f*grad(V) + V*grad(f)", "grad(f*V) = f*grad(V)"),
    ("derivative: of a power", "grad(f^3) = 3*f^2*grad(f)", "grad(f^3) = 2*f^2*grad(f)"),
    ("derivative: of a quotient", "grad(1/f) = -grad(f)/f^2", "grad(1/f) = grad(f)/f^2"),
    ("derivative: of the point", "jac(theta) = I", "jac(theta) = dim*I"),
    ("derivative: derivatives commute", "d[k](d[i](f)) = d[i](d[k](f))", "d[k](b[i]) = d[i](b[k])"),
    ("derivative: of a declared function", "grad(l(f)) = l'(f)*grad(f)", "grad(l(f)) = l(f)*grad(f)"),
    ("derivative: of a root", "grad(sqrt(p)) = grad(p)/(2*sqrt(p))", "grad(sqrt(p)) = grad(p)/sqrt(p)"),
    (
        "derivative: of sin and cos",
        "grad(sin(f) + cos(V)) = cos(f)*grad(f) - sin(V)*grad(V)",
        "grad(sin(f) + cos(V)) = cos(f)*grad(f) + sin(V)*grad(V)",
    ),
    ("derivative: of arctan", "grad(arctan(f)) = grad(f)/(1 + f^2)", "grad(arctan(f)) = grad(f)/(1 - f^2)"),
    (
        "derivative: of an inverse",
        "d[k](inv(A)[i,j]) = -inv(A)[i,l]*d[k](A[l,m])*inv(A)[m,j]",
        "d[k](inv(A)[i,j]) = inv(A)[i,l]*d[k](A[l,m])*inv(A)[m,j]",
    ),
    (
        "derivative: of a log determinant",
        "d[k](logdet(A)) = inv(A)[i,j]*d[k](A[i,j])",
        "d[k](logdet(A)) = A[i,j]*d[k](A[i,j])",
    ),
    ("derivative: goes into an expectation", "grad(E[u^2]) = 2*E[u*g]", "grad(E[u^2]) = 2*E[u]*E[g]"),
    (
        "expectation: linear, and constants before it",
        "E[c*u + f*v] = c*E[u] + f*E[v]",
        "E[c*u + f*v] = E[u] + f*E[v]",
    ),
    ("expectation: independent names", "E[z^2*u] = E[u]", "E[z^2*u] = 0"),
    ("expectation: names drawn jointly stay together", "Cov[u, v] = E[u*v] - E[u]*E[v]", "Cov[u, v] = 0"),
    ("expectation: a nested one draws afresh", "E[u*E[v]] = E[u]*E[v]", "E[u*E[v]] = E[u*v]"),
    ("expectation: pairs of noises", "E[outer(dW, dW)] = eta*I", "E[outer(dW, dW)] = I"),
    (
        "expectation: four noises, three pairings",
        "E[norm2(B*dW)^2] = eta^2*(tr(B*B')^2 + 2*tr(B*B'*B*B'))",
        "E[norm2(B*dW)^2] = eta^2*(tr(B*B')^2 + tr(B*B'*B*B'))",
    ),
    ("expectation: an odd number of noises", "E[(B*dW)*norm2(B*dW)] = 0", "E[norm2(B*dW)] = 0"),
    (
        "expectation: two copies, two partitions",
        "E[mean(u, n)^2] = (E[u^2] + (n - 1)*E[u]^2)/n",
        "E[mean(u, n)^2] = E[u^2]/n",
    ),
    (
        "expectation: three copies, five partitions",
        "E[(mean(u, n) - E[u])^3] = E[(u - E[u])^3]/n^2",
        "E[(mean(u, n) - E[u])^3] = E[(u - E[u])^3]/n",
    ),
    ("expectation: a sum is n means", "Var[sum(u, n)] = n*Var[u]", "Var[sum(u, n)] = n^2*Var[u]"),
    (
        "expectation: without replacement",
        "Var[mean(u, n, N)] = (N - n)/(n*(N - 1))*Var[u]",
        "Var[mean(u, n, N)] = (N - n)/(n*N)*Var[u]",
    ),
    (
        "expectation: three points without replacement",
        "E[(mean(u, n, N) - E[u])^3] = (N - n)*(N - 2*n)/(n^2*(N - 1)*(N - 2))*E[(u - E[u])^3]",
        "E[(mean(u, n, N) - E[u])^3] = (N - n)/(n^2*(N - 1))*E[(u - E[u])^3]",
    ),
    (
        "expectation: own draws without replacement",
        "Var[mean(z*u, n, N)] = E[u^2]/n",
        "Var[mean(z*u, n, N)] = (N - n)/(n*(N - 1))*E[u^2]",
    ),
    (
        "expectation: own draws beside points",
        "Var[mean(u + z*v, n, N)] = (N - n)/(n*(N - 1))*Var[u] + E[v^2]/n",
        "Var[mean(u + z*v, n, N)] = (N - n)/(n*(N - 1))*(Var[u] + E[v^2])",
    ),
    (
        "expectation: own draws with a mean",
        "E[mean(e*u, n, N)^2] = r^2/n*E[u^2] + k^2*E[mean(u, n, N)^2]",
        "E[mean(e*u, n, N)^2] = (r^2 + k^2)*E[mean(u, n, N)^2]",
    ),
    (
        "expectation: another batch is independent",
        "Cov[mean(u, n), mean(v, n, batch = 2)] = 0",
        "Cov[mean(u, n), mean(v, n)] = 0",
    ),
    ("moment: normal", "E[e^3] = k^3 + 3*k*r^2", "E[e^3] = k^3 + k*r^2"),
    ("moment: uniform", "E[w^2] = 1", "E[w^2] = 3/4"),
    ("moment: exponential", "E[y^3] = 6/27", "E[y^3] = 3/27"),
    ("moment: poisson", "E[m^3] = r + 3*r^2 + r^3", "E[m^3] = r + r^2 + r^3"),
    ("moment: given", "E[q^2 + q] = r + c", "E[q^2 + q] = c^2 + c"),
    ("tilting: normal", "E[exp(c*e)] = exp(c*k + c^2*r^2/2)", "E[exp(c*e)] = exp(c*k + c^2*r^2)"),
    ("tilting: normal with a power", "E[z*exp(c*z)] = c*exp(c^2/2)", "E[z*exp(c*z)] = exp(c^2/2)"),
    ("tilting: exponential", "E[exp(c*y)] = 3/(3 - c)", "E[exp(c*y)] = 3/(3 + c)"),
    ("tilting: poisson", "E[exp(c*m)] = exp(r*(exp(c) - 1))", "E[exp(c*m)] = exp(r*c)"),
    ("tilting: two values", "E[exp(c*s)] = cosh(c)", "E[exp(c*s)] = exp(c)"),
    ("tilting: noise", "E[exp(f*dt_noise)] = exp(f^2*r/2)", "E[exp(f*dt_noise)] = exp(f^2*r)"),
    (
        "integral: by parts",
        "integral(p*dot(b, grad(phi))) = -integral(phi*div(p*b))",
        "integral(p*dot(b, grad(phi))) = integral(phi*div(p*b))",
    ),
    (
        "integral: by parts twice",
        "integral(p*lap(phi)) = integral(phi*lap(p))",
        "integral(p*lap(phi)) = -integral(phi*lap(p))",
    ),
    (
        "integral: with a Boltzmann factor",
        "integral(exp(-V)*(lap(phi) - dot(grad(V), grad(phi)))) = 0",
        "integral(exp(-V)*(lap(phi) + dot(grad(V), grad(phi)))) = 0",
    ),
    (
        "series: Taylor's",
        "shift(f, eta*b) = f + eta*dot(b, grad(f)) + eta^2/2*dot(b, hess(f)*b) + O(eta^3)",
        "shift(f, eta*b) = f + eta*dot(b, grad(f)) + eta^2*dot(b, hess(f)*b) + O(eta^3)",
    ),
    (
        "series: a difference quotient",
        "(shift(f, eta*b) - 2*f + shift(f, -eta*b))/eta^2 = dot(b, hess(f)*b) + O(eta^2)",
        "(shift(f, eta*b) - 2*f + shift(f, -eta*b))/eta^2 = 2*dot(b, hess(f)*b) + O(eta^2)",
    ),
    (
        "series: of a function",
        "log(1 + eta*f) = eta*f - eta^2/2*f^2 + O(eta^3)",
        "log(1 + eta*f) = eta*f + eta^2/2*f^2 + O(eta^3)",
    ),
    (
        "series: midpoint",
        "midpoint(step) = E[step] - eta^2/2*(div(Sigma)/n + E[hess(u)]*E[g]) + O(eta^3)",
        "midpoint(step) = E[step] - eta^2*(div(Sigma)/n + E[hess(u)]*E[g]) + O(eta^3)",
    ),
    (
        "series: destination",
        "destination(B*dW) = -eta*div(B*B') + O(eta^2)",
        "destination(B*dW) = -eta/2*div(B*B') + O(eta^2)",
    ),
    (
        "series: current",
        "current(B*dW) = -eta/2*div(B*B') + O(eta^2)",
        "current(B*dW) = -eta*div(B*B') + O(eta^2)",
    ),
    ("matrix: an inverse of a multiple", "inv(p*A) = inv(A)/p", "inv(p*A) = p*inv(A)"),
    ("matrix: the inverse of an inverse", "inv(inv(A)) = A", "inv(inv(A)) = inv(A)"),
    ("matrix: the log determinant of a multiple", "logdet(p*I) = dim*log(p)", "logdet(p*I) = log(p)"),
    ("relation: a matrix times its inverse", "inv(A)*A*b = b", "inv(A)*A*b = A*b"),
];

/// Rules in named coordinates.
const COORDINATES: [Rule; 6] = [
    (
        "algebra: sums over values",
        "div(F) = dot([1, 0], jac(F)*[1, 0]) + dot([0, 1], jac(F)*[0, 1])",
        "div(F) = dot([1, 0], jac(F)*[1, 0])",
    ),
    ("derivative: of a coordinate", "grad(a^2*b) = [2*a*b, a^2]", "grad(a^2*b) = [2*a*b, 2*a]"),
    (
        "matrix: the inverse by minors",
        "inv([[a, b], [0, 1]]) = [[1/a, -b/a], [0, 1]]",
        "inv([[a, b], [0, 1]]) = [[1/a, b/a], [0, 1]]",
    ),
    (
        "matrix: symmetric components",
        "[1, 0]·(D*[0, 1]) = [0, 1]·(D*[1, 0])",
        "[1, 0]·(D*[0, 1]) = [0, 1]·(D*[0, 1])",
    ),
    (
        "series: a replaced coordinate",
        "at(a^2*b, a = a + eta) = a^2*b + 2*eta*a*b + O(eta^2)",
        "at(a^2*b, a = a + eta) = a^2*b + eta*a*b + O(eta^2)",
    ),
    (
        "series: a whole shift of a polynomial",
        "shift(a*b, [c, 1]) = a*b + a + c*b + c",
        "shift(a*b, [c, 1]) = a*b + a + c*b",
    ),
];

/// Rules about conditions and hypotheses, each with what goes before its claims.
const GIVEN: [(&str, &str, &str, &str); 6] = [
    (
        "solution: a condition at the point",
        " where E[g] = 0",
        "Sigma = E[outer(g, g)]",
        "div(Sigma) = div(E[outer(g, g)])*2",
    ),
    ("solution: a condition at every data point", " where g = 0", "Sigma = 0", "E[hess(u)] = 0"),
    ("solution: a scalar", " where c = 2", "c*f = 2*f", "c*f = 3*f"),
    ("solution: a derivative of a hypothesis", "given grad(V) = -mu\n", "jac(mu) = jac(mu)'", "jac(mu) = 0"),
    ("solution: a hypothesis about every data point", "given g = mu\n", "div(Sigma) = 0", "E[hess(u)] = 0"),
    ("relation: a symmetric matrix", " where B = B'", "div(B) = div(B')", "div(B) = grad(tr(B))"),
];

/// The two claims of a rule and what they speak of.
fn claims(names: &str, before: &str, (name, holds, fails): Rule) -> (Claim, Claim, Symbols) {
    let (given, condition) = if before.starts_with("given") { (before, "") } else { ("", before) };
    let text = format!("{names}{given}claim holds{condition}: {holds}\nrefute fails{condition}: {fails}\n");
    let derivation = language::parse("rule.drift", &text).unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut claims = derivation.statements.iter().filter_map(|statement| match statement {
        Statement::Claim(claim) => Some(claim.clone()),
        Statement::Assumption { .. } => None,
    });
    (claims.next().unwrap(), claims.next().unwrap(), derivation.symbols)
}

/// What is wrong with a rule.
fn complaints(names: &str, before: &str, rule: Rule) -> Vec<String> {
    let (holds, fails, symbols) = claims(names, before, rule);
    let mut complaints = Vec::new();
    for seed in SEEDS {
        let options = Options::default().with_seed(seed);
        let agrees = witness(&holds, &symbols, &options);
        if !matches!(agrees, Outcome::Agrees(_)) {
            complaints.push(format!("{}: the witness says {agrees:?}", rule.0));
        }
        let differs = witness(&fails, &symbols, &options);
        if !matches!(differs, Outcome::Differs(_)) {
            complaints.push(format!("{}: of the wrong variant the witness says {differs:?}", rule.0));
        }
    }
    let equal = compare(&holds, &symbols).comparison;
    if !matches!(equal, Comparison::Equal(_)) {
        complaints.push(format!("{}: the normal form says {equal:?}", rule.0));
    }
    if let Comparison::Equal(_) = compare(&fails, &symbols).comparison {
        complaints.push(format!("{}: the wrong variant is equal in normal form", rule.0));
    }
    complaints
}

#[test]
fn every_rule_agrees_with_the_witness_and_its_wrong_variant_does_not() {
    let all: Vec<String> = RULES.into_iter().flat_map(|rule| complaints(SPACE, "", rule)).collect();
    assert!(all.is_empty(), "{}", all.join("\n"));
}

#[test]
fn rules_in_named_coordinates_agree_with_the_witness() {
    let all: Vec<String> = COORDINATES.into_iter().flat_map(|rule| complaints(PLANE, "", rule)).collect();
    assert!(all.is_empty(), "{}", all.join("\n"));
}

#[test]
fn conditions_and_hypotheses_agree_with_the_witness() {
    let of = |(name, before, holds, fails)| complaints(SPACE, before, (name, holds, fails));
    let all: Vec<String> = GIVEN.into_iter().flat_map(of).collect();
    assert!(all.is_empty(), "{}", all.join("\n"));
}

#[test]
fn no_rule_stands_twice() {
    let mut names: Vec<&str> = RULES.iter().chain(&COORDINATES).map(|rule| rule.0).collect();
    names.extend(GIVEN.iter().map(|rule| rule.0));
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count, "names of rules");
}
