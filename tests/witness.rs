//! The witness of random instances decides claims: every true one agrees, every false one is shown to differ.
//!
//! Each construct is tested by claims whose two sides were computed by hand from its definition, with a lie beside them.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use driftproof::expression::{Claim, Expected, Rational, Sides, Statement};
use driftproof::language;
use driftproof::reading::symbolic::witness::{Options, Outcome, witness};

/// Names that the tests below speak of.
const NAMES: &str = "
scalar eta > 0, n > 0, N > 0, alpha, beta, c, a > 0, T > 0
space theta
random X
random x: vector
field u(X): scalar
field w(X): vector
field h: scalar
field p: scalar > 0
field s: scalar > 0
field V: scalar
field mu: vector
field b: vector
field D: symmetric
field M: symmetric
field B: matrix
noise dW(dt)
noise dZ(eta)
test phi: scalar
function l(z)
let g     = grad(u)
let f     = E[u]
let G     = E[g]
let Hbar  = E[hess(u)]
let Sigma = Cov[g]
let step  = -eta*mean(g, n)
";

/// The claims of a text, a statement a line however far it is indented.
fn claims(text: &str, options: &Options) -> Vec<(Claim, Outcome)> {
    let text: String = text.lines().map(|line| format!("{}\n", line.trim_start())).collect();
    let derivation = language::parse("test.drift", &text).unwrap_or_else(|e| panic!("{e:?}\n{text}"));
    let claims = derivation.statements.iter().filter_map(|statement| match statement {
        Statement::Claim(claim) => Some(claim),
        Statement::Assumption { .. } => None,
    });
    claims.map(|claim| (claim.clone(), witness(claim, &derivation.symbols, options))).collect()
}

/// What the witness says of one statement after the names above.
fn outcome(statement: &str) -> Outcome {
    claims(&format!("{NAMES}\n{statement}\n"), &Options::default()).pop().unwrap().1
}

/// What goes against what a text says of its claims: `claim` must agree, `refute` must differ.
fn surprises(text: &str) -> Vec<String> {
    let wrong = |(claim, outcome): (Claim, Outcome)| match (claim.expected, &claim.sides, &outcome) {
        (Expected::Fails, Sides::DifferentShapes { .. }, Outcome::Unable(_))
        | (Expected::Holds, Sides::Equation { .. }, Outcome::Agrees(_))
        | (Expected::Fails, Sides::Equation { .. }, Outcome::Differs(_)) => None,
        _ => Some(format!("{}: {outcome:?}", claim.text)),
    };
    claims(text, &Options::default()).into_iter().filter_map(wrong).collect()
}

/// The claims come out as they say, after the names above.
fn as_they_say(text: &str) {
    assert_eq!(surprises(&format!("{NAMES}\n{text}")), Vec::<String>::new(), "surprises");
}

/// The blocks of the oracle, one text.
fn oracle() -> String {
    let text = include_str!("data/claims-abstract.md");
    text.split("```").filter_map(|block| block.strip_prefix("drift\n")).collect()
}

#[test]
fn the_claims_of_the_oracle_come_out_as_they_say() {
    let text = oracle();
    assert!(claims(&text, &Options::default()).len() > 50, "the file is read");
    assert_eq!(surprises(&text), Vec::<String>::new(), "surprises");
}

#[test]
fn the_claims_of_the_oracle_come_out_the_same_at_other_instances() {
    for seed in [1, 2, 3] {
        for (claim, outcome) in claims(&oracle(), &Options::default().with_seed(seed)) {
            let agrees = matches!(outcome, Outcome::Agrees(_));
            assert_eq!(agrees, claim.expected == Expected::Holds, "{}: {outcome:?}", claim.text);
        }
    }
}

/// `claim name: left = right + O(..)` taken apart.
fn parts(line: &str) -> Option<(&str, &str, &str, &str)> {
    let (name, equation) = line.strip_prefix("claim")?.trim().split_once(':')?;
    let (left, right) = equation.split_once(" = ")?;
    let (right, remainder) = right.split_once(" + O(").map_or((right, ""), |(r, o)| (r, o));
    Some((name, left, right, remainder))
}

#[test]
fn slips_planted_in_the_claims_of_the_oracle_are_found() {
    let mut text = String::new();
    let mut count = 0;
    for line in oracle().lines() {
        let Some((name, left, right, remainder)) = parts(line) else {
            if !line.starts_with("refute") {
                text += &format!("{line}\n");
            }
            continue;
        };
        let rest = if remainder.is_empty() { String::new() } else { format!(" + O({remainder}") };
        for (slip, changed) in [("twice", format!("2*({right})")), ("sign", format!("-({right})"))] {
            text += &format!("refute {name}_{slip}: {left} = {changed}{rest}\n");
            count += 1;
        }
    }
    assert!(count > 50, "slips were planted");
    assert_eq!(surprises(&text), Vec::<String>::new(), "slips that were not found");
}

#[test]
fn batches_are_enumerated() {
    as_they_say(
        "claim  with:      Var[mean(u, n)] = Var[u]/n
         claim  of_sum:    Var[sum(u, n)] = n*Var[u]
         claim  without:   Cov[mean(g, n, N)] = (N-n)/(N-1)/n*Sigma
         claim  third:     E[(mean(u, n) - f)^3] = E[(u - f)^3]/n^2
         claim  third_wo:  E[(mean(u, n, N) - f)^3] = (N-n)*(N-2*n)/((N-1)*(N-2)*n^2)*E[(u - f)^3]
         claim  sample:    E[mean(outer(g - mean(g, n), g - mean(g, n)), n)] = (n-1)/n*Sigma
         claim  other:     E[outer(mean(g, n), mean(g, n, batch=2))] = outer(G, G)
         claim  same:      E[outer(mean(g, n), mean(g, n))] = outer(G, G) + Sigma/n
         claim  bare:      E[outer(mean(g, n), g)] = outer(G, G)
         claim  afresh:    E[u*E[u]] = f^2
         claim  one where n = 1: Cov[mean(g, n)] = Sigma
         claim  all where N = n: Cov[mean(g, n, N)] = 0
         refute not_n:     Cov[mean(g, n, N)] = (N-n)/N/n*Sigma
         refute not_n1:    E[mean(outer(g - mean(g, n), g - mean(g, n)), n)] = Sigma
         refute two where n = 2: Cov[mean(g, n)] = Sigma
         refute two_points: E[(u-f)^4] = E[(u-f)^2]^2 + E[(u-f)^3]^2/E[(u-f)^2]
         refute symmetric:  E[(u-f)^3] = 0",
    );
}

#[test]
fn distributions_have_their_moments() {
    let text = "
        scalar a > 0, c > 0, s > 0, low, high, m2, m4, n > 0
        space theta = (t)
        random x ~ normal(low, s), r ~ rademacher, q ~ bernoulli(c), e ~ exponential(a), k ~ poisson(a)
        random v ~ uniform(low, high), y ~ moments(0, m2, 0, m4)
        field W(x): scalar
        claim  normal:      E[x^4] = low^4 + 6*low^2*s^2 + 3*s^4
        claim  batch:       E[(mean(x, n) - low)^4] = 3*s^4/n^2
        claim  sign:        r^2 = 1
        claim  coin:        E[q^3] = c
        claim  coin_point:  q*(1 - q) = 0
        claim  waiting:     E[e^3] = 6/a^3
        claim  counting:    E[(k - a)^3] = a
        claim  evenly:      Var[v] = (high - low)^2/12
        claim  by_moments:  Var[y^2] = m4 - m2^2
        claim  independent: E[(x - low)^2*q] = c*s^2
        claim  exchanged:   grad(E[W]) = E[grad(W)]
        refute cube:        E[e^3] = 3/a^3
        refute one_sign:    r = 1
        refute unknown:     E[y^6] = m4*m2
        refute uncorrelated: E[x*W] = low*E[W]";
    assert_eq!(surprises(text), Vec::<String>::new(), "surprises");
}

#[test]
fn noise_is_gaussian() {
    as_they_say(
        "claim  second:  E[outer(dW, dW)] = dt*I
         claim  fourth:  E[norm2(dW)^2] = dt^2*dim*(dim + 2)
         claim  apart:   E[outer(dW, dZ)] = 0
         claim  mixed:   E[outer(B*dW, B*dW)] = dt*B*B'
         refute second2: E[outer(dW, dW)] = dt^2*I
         refute fourth2: E[norm2(dW)^2] = dt^2*dim^2",
    );
}

// By hand: a step of eta m from theta to theta + eta theta has its middle at m = theta (1 + eta/2), so that it is
// eta m/(1 + eta/2). With a random sign r, both signs pass m with the densities 1/(1 + r eta/2), and the mean is
// -eta^2 m/(1 - eta^2/4).
#[test]
fn conditional_displacements_are_those_of_their_definition() {
    let text = "
        scalar eta > 0
        space theta = (m)
        random r ~ rademacher
        field U: vector
        claim  middle:   midpoint(eta*theta) = [eta*m - eta^2*m/2 + eta^3*m/4 - eta^4*m/8] + O(eta^5)
        claim  end:      destination(eta*theta) = [eta*m - eta^2*m + eta^3*m - eta^4*m] + O(eta^5)
        claim  start:    source(eta*theta) = eta*theta + O(eta^5)
        claim  signs:    midpoint(eta*r*theta) = [-eta^2*m - eta^4*m/4] + O(eta^6)
        claim  current1: current(eta*theta) = [eta*m - eta^2*m + eta^3*m - eta^4*m] + O(eta^5)
        refute middle2:  midpoint(eta*theta) = [eta*m - eta^2*m/2 + eta^3*m/4] + O(eta^5)
        refute signs2:   midpoint(eta*r*theta) = [-eta^2*m] + O(eta^6)
        refute current2: current(eta*theta) = midpoint(eta*theta) + O(eta^3)";
    // The current of a step eta m: sum_k (-1)^k/(k+1)! d^k (eta m)^(k+1) = sum_k (-1)^k eta^(k+1) m.
    assert_eq!(surprises(text), Vec::<String>::new(), "surprises");
}

#[test]
fn displacements_are_expanded_as_far_as_they_are_asked() {
    as_they_say(
        "claim  second:    midpoint(step) = -eta*G - eta^2/2*(div(Sigma)/n + Hbar*G) + O(eta^3)
         claim  divided:   1/eta*midpoint(step) = -G - eta/2*(div(Sigma)/n + Hbar*G) + O(eta^2)
         claim  end:       destination(step) = -eta*G - eta^2*(div(Sigma)/n + Hbar*G) + O(eta^3)
         claim  flat:      current(step) = -eta*G - eta^2/2*(div(Sigma)/n + Hbar*G + G*lap(f)) + O(eta^3)
         claim  at_rest where G = 0: midpoint(-eta*G) = 0 + O(eta^4)
         claim  noise_only where G = 0: midpoint(step) = -eta^2/(2*n)*div(Sigma) + O(eta^3)
         claim  root:      midpoint(b*dt + sqrt(M)*dW) = (b - 1/2*div(M))*dt + O(dt^(3/2))
         claim  taylor:    shift(h, eta*b) = h + eta*dot(b, grad(h)) + eta^2/2*dot(b, hess(h)*b) + O(eta^3)
         claim  twice:     shift(shift(h, eta*b), eta*b) = h + 2*eta*dot(b, grad(h)) + O(eta^2)
         claim  ito:       E[shift(h, b*eta + B*dZ)] = h + eta*(dot(b, grad(h)) + 1/2*tr(B*B'*hess(h))) + O(eta^2)
         claim  cumulants: log(E[exp(eta*u)]) = eta*f + eta^2/2*Var[u] + eta^3/6*E[(u-f)^3] + O(eta^4)
         claim  pole:      1/(eta + eta^2*h) = 1/eta - h + eta*h^2 + O(eta^2)
         claim  any_l:     l(h + eta*s) = l(h) + eta*s*l'(h) + eta^2/2*s^2*l''(h) + O(eta^3)
         refute growth:    current(step) = midpoint(step) + O(eta^3)
         refute third:     midpoint(step - E[step]) = -eta^2/(2*n)*div(Sigma) + O(eta^4)
         refute at_rest2 where G = 0: midpoint(step) = -eta^2/n*div(Sigma) + O(eta^3)
         refute root2:     midpoint(b*dt + sqrt(M)*dW) = (b - div(M))*dt + O(dt^(3/2))
         refute taylor2:   shift(h, eta*b) = h + eta*dot(b, grad(h)) + eta^2*dot(b, hess(h)*b) + O(eta^3)
         refute pole2:     1/(eta + eta^2*h) = 1/eta - h + 2*eta*h^2 + O(eta^2)",
    );
}

#[test]
fn functions_obey_their_laws_and_chain_rules() {
    as_they_say(
        "claim  exp1:    grad(exp(h)) = exp(h)*grad(h)
         claim  exp2:    exp(h + s) = exp(h)*exp(s)
         claim  exp3:    grad(exp(exp(h))) = exp(h)*exp(exp(h))*grad(h)
         claim  log1:    grad(log(s)) = grad(s)/s
         claim  log2:    log(s^2*a) = 2*log(s) + log(a)
         claim  log3:    log(exp(h)) = h
         claim  log4:    grad(log(E[exp(u)])) = E[g*exp(u)]/E[exp(u)]
         claim  sin1:    grad(sin(h)) = cos(h)*grad(h)
         claim  sin2:    sin(h)^2 + cos(h)^2 = 1
         claim  sin3:    sin(2*h) = 2*sin(h)*cos(h)
         claim  tan1:    grad(tan(h)) = (1 + tan(h)^2)*grad(h)
         claim  cosh1:   grad(cosh(h)) = sinh(h)*grad(h)
         claim  tanh1:   grad(tanh(h)) = (1 - tanh(h)^2)*grad(h)
         claim  tanh2:   tanh(h) = 2*logistic(2*h) - 1
         claim  soft1:   grad(softplus(h)) = logistic(h)*grad(h)
         claim  soft2:   softplus(h) = log(1 + exp(h))
         claim  soft3:   softplus(-h) = softplus(h) - h
         claim  arctan1: grad(arctan(h)) = grad(h)/(1 + h^2)
         claim  arsinh1: grad(arsinh(h)) = grad(h)/sqrt(1 + h^2)
         claim  abs1:    abs(-h) = abs(h)
         claim  power1:  grad(s^(alpha-1)) = (alpha-1)*s^(alpha-2)*grad(s)
         claim  power2:  s^beta*s^a = s^(beta + a)
         claim  power3:  s^(1/3)*s^(2/3) = s
         claim  root1:   grad(sqrt(s)) = grad(s)/(2*sqrt(s))
         claim  root2:   sqrt(s)*sqrt(a) = sqrt(s*a)
         claim  declared: hess(l(dot(theta, x))) = l''(dot(theta, x))*outer(x, x)
         claim  gibbs:   -grad(V)*exp(-V/T) - T*grad(exp(-V/T)) = 0
         claim  rattle:  grad(exp(-beta/2*logdet(2*s*I))) = -beta/2*dim*exp(-beta/2*logdet(2*s*I))*grad(s)/s
         refute exp4:    exp(h + s) = exp(h) + exp(s)
         refute log5:    log(s + a) = log(s) + log(a)
         refute sin4:    sin(2*h) = 2*sin(h)
         refute cosh2:   cosh(h)^2 + sinh(h)^2 = 1
         refute soft4:   softplus(h) = log(2 + exp(h))
         refute power4:  grad(s^(alpha-1)) = alpha*s^(alpha-2)*grad(s)
         refute power5:  s^(1/3) = s^(2/3)
         refute power6:  a^beta = a^(2*beta)
         refute power7:  grad(a^beta*s) = a^(2*beta)*grad(s)
         refute power8:  s^alpha = 1
         refute abs2:    abs(h) = h
         refute declared2: grad(l(dot(theta, x))) = l'(dot(theta, x))*theta
         refute gibbs2:  -grad(V)*exp(-V/T) - grad(exp(-V/T)) = 0",
    );
}

#[test]
fn matrices_and_their_roots() {
    as_they_say(
        "claim  inverse:  inv(D)*D = I
         claim  jacobi:   d[i](logdet(D)) = inv(D)[j,k]*d[i](D[j,k])
         claim  root:     sqrt(M)*sqrt(M) = M
         claim  root2:    sqrt(2*M)*sqrt(2*M) = 2*M
         claim  of_square: sqrt(M*M) = M
         claim  of_inverse: sqrt(inv(M)) = inv(sqrt(M))
         claim  of_sigma: sqrt(Sigma)*sqrt(Sigma) = Sigma
         claim  scaled:   sqrt(eta/n*Sigma)*sqrt(eta/n*Sigma) = eta/n*Sigma
         claim  of_data:  sqrt(Cov[w])*sqrt(Cov[w]) = Cov[w]
         claim  of_product: sqrt(B*B')*sqrt(B*B') = B*B'
         claim  slope:    sqrt(M)[i,m]*d[k](sqrt(M)[m,j]) + d[k](sqrt(M)[i,m])*sqrt(M)[m,j] = d[k](M[i,j])
         claim  spread:   E[outer(sqrt(Sigma)*dW, sqrt(Sigma)*dW)] = dt*Sigma
         refute commuting: d[k](sqrt(M)[i,j]) = 1/2*inv(sqrt(M))[i,m]*d[k](M[m,j])
         refute itself:   sqrt(M) = M
         refute scaled2:  sqrt(eta/n*Sigma) = eta/n*sqrt(Sigma)",
    );
}

#[test]
fn integrals_are_those_of_functions_that_vanish_far_out() {
    as_they_say(
        "claim  parts:  integral(phi*div(mu)) = -integral(dot(mu, grad(phi)))
         claim  twice:  integral(phi*lap(h)) = integral(h*lap(phi))
         refute parts2: integral(phi*div(mu)) = integral(dot(mu, grad(phi)))
         refute parts3: integral(phi*lap(h)) = integral(dot(grad(h), grad(phi)))",
    );
}

#[test]
fn conditions_are_met() {
    as_they_say(
        "claim  rest where G = 0: E[outer(g, g)] = Sigma
         claim  slope where G = 0: grad(norm2(G)) = 0
         claim  line where dim = 1: div(Sigma) = grad(tr(Sigma))
         claim  symmetric where B = B': B*B = B*B'
         refute rest2 where G = 0: div(Sigma) = 0
         refute plane where dim = 2: div(Sigma) = grad(tr(Sigma))
         refute higher where dim > 1: div(Sigma) = grad(tr(Sigma))",
    );
    let valley = "
        scalar c, s > 0
        space theta = (a, b)
        random x ~ normal(0, 1), e ~ normal(0, s)
        let u = 1/2*(a*b*x - (c*x + e))^2
        let Sigma = Cov[grad(u)]
        claim  valley where a*b = c: E[grad(u)] = 0
        claim  drift where a*b = c, c > 0: div(Sigma) = s^2*[a, b]
        claim  circle where a^2 + b^2 = 25: norm2(theta) = 25
        refute twice where a*b = c: div(Sigma) = 2*s^2*[a, b]
        refute beside: div(Sigma) = s^2*[a, b]";
    assert_eq!(surprises(valley), Vec::<String>::new(), "surprises");
}

#[test]
fn replacements_come_after_derivatives() {
    let text = "
        space theta = (a, b)
        field h: scalar > 0
        claim  inside:   at(grad(a^2*b), a = b) = [2*b^2, b^2]
        claim  outside:  grad(at(a^2*b, a = b)) = [0, 3*b^2]
        claim  same:     at(h, a = 0) + h = h + at(h, a = 0)
        refute swapped:  at(grad(a^2*b), a = b) = grad(at(a^2*b, a = b))
        refute unmoved:  at(h, a = 0) = h";
    assert_eq!(surprises(text), Vec::<String>::new(), "surprises");
}

#[test]
fn hypotheses_are_obeyed() {
    as_they_say(
        "refute free:      jac(mu) = jac(mu)'
         given grad(V) = -mu
         claim  gradient:  jac(mu) = jac(mu)'
         refute harmonic:  div(mu) = 0
         given div(b) = 0
         claim  carried:   div(p*b) = dot(b, grad(p))
         refute still:     div(jac(b)*b) = 0
         given div(D) = 0
         claim  inside:    div(D*grad(h)) = tr(D*hess(h))
         refute constant:  div(D*grad(h)) = 0",
    );
}

#[test]
fn functions_of_random_numbers_are_power_series_in_a_formal_number() {
    as_they_say(
        "random z ~ normal(0, 1), y ~ exponential(T)
         claim  moment:    E[exp(c*z)] = exp(c^2/2)
         refute variance:  E[exp(c*z)] = exp(c^2)
         claim  pole:      E[exp(c*y)] = T/(T - c)
         refute rate:      E[exp(c*y)] = 1/(T - c)
         claim  gibbs:     integral(exp(-V/T)*(T*lap(phi) - dot(grad(V), grad(phi)))) = 0
         refute colder:    integral(exp(-V/T)*(2*T*lap(phi) - dot(grad(V), grad(phi)))) = 0
         claim  ito:       integral(1/s*tr(s*I*hess(phi))) = 0
         refute uniform:   integral(tr(s*I*hess(phi))) = 0
         claim  free:      hess(log(E[exp(u)])) = E[(hess(u) + outer(g, g))*exp(u)]/E[exp(u)] - outer(E[g*exp(u)], E[g*exp(u)])/E[exp(u)]^2",
    );
    let Outcome::Differs(found) = outcome("refute mean: integral(exp(V)*lap(phi)) = integral(phi*lap(V))")
    else {
        panic!("V is small only in first order")
    };
    assert!(found.term.is_some_and(|term| term.starts_with("t^")), "the power of the formal number");
}

#[test]
fn conditions_hold_at_every_data_point() {
    as_they_say(
        "claim  same where g = 0:   Sigma = 0
         refute beside where g = 0: Hbar = 0
         given g = mu
         claim  hacked:             div(Sigma) = 0
         claim  gradient:           Hbar = jac(mu)
         refute flat:               Hbar = 0",
    );
}

#[test]
fn an_equation_between_covariance_and_hessian_can_be_met_everywhere() {
    as_they_say(
        "given Cov[grad(u)] = E[hess(u)]
         claim  flat_is_quiet: tr(Sigma) = lap(f)
         claim  differentiated: div(Sigma) = grad(lap(f))
         refute halved:         div(Sigma) = 1/2*grad(lap(f))",
    );
}

#[test]
fn names_with_a_distribution_are_drawn_for_each_element_of_a_batch() {
    as_they_say(
        "random e ~ normal(0, a)
         claim  label:   Cov[mean(e*g, n, N)] = a^2/n*E[outer(g, g)]
         refute finite:  Cov[mean(e*g, n, N)] = a^2/n*(N - n)/(N - 1)*E[outer(g, g)]
         claim  both:    Cov[mean(g + e*w, n, N)] = (N - n)/(n*(N - 1))*Sigma + a^2/n*E[outer(w, w)]
         refute pooled:  Cov[mean(g + e*w, n, N)] = (N - n)/(n*(N - 1))*(Sigma + a^2*E[outer(w, w)])",
    );
}

#[test]
fn large_batches_are_enumerated_by_how_often_each_point_is_drawn() {
    as_they_say(
        "claim  literal:  Cov[mean(g, 1000)] = Sigma/1000
         refute literal2: Cov[mean(g, 1000)] = Sigma/999
         claim  finite:   Cov[mean(g, 8, 569)] = 561/(568*8)*Sigma
         claim  root:     1/sqrt(2)*h = sqrt(2)/2*h",
    );
}

#[test]
fn a_polynomial_is_shifted_by_anything() {
    as_they_say(
        "claim  square: shift(norm2(theta), mu) = norm2(theta) + 2*dot(theta, mu) + norm2(mu)
         refute cross:  shift(norm2(theta), mu) = norm2(theta) + dot(theta, mu) + norm2(mu)",
    );
}

#[test]
fn a_counterexample_shows_the_numbers() {
    let Outcome::Differs(found) = outcome("refute square: c^2 = c") else { panic!("c^2 is not c") };
    let (name, value) = &found.scalars[0];
    assert_eq!(&**name, "c", "the scalar by name");
    assert_eq!((&found.left, &found.right), (&(value * value), value), "both sides at that value");
    let Outcome::Differs(found) = outcome("refute trace: div(D) = grad(tr(D))") else {
        panic!("not the trace")
    };
    assert_eq!(found.dimension, 2, "they agree in one dimension");
    assert!(found.fields.iter().any(|line| line.starts_with("D[1, 2] = ")), "fields: {:?}", found.fields);
    let Outcome::Differs(found) = outcome("refute order: shift(h, eta*b) = h + O(eta^3)") else {
        panic!("order")
    };
    assert_eq!(found.power, Some(Rational::ONE), "the first order at which the sides differ");
}

#[test]
fn agreement_tells_the_dimensions() {
    let Outcome::Agrees(agreement) = outcome("claim sum: div(mu + b) = div(mu) + div(b)") else {
        panic!("a sum")
    };
    assert_eq!(agreement.dimensions(), [1, 2, 3], "every dimension");
    assert!(agreement.instances().len() >= 6, "several instances in each");
}

#[test]
fn what_cannot_be_evaluated_is_no_agreement() {
    for statement in [
        "claim large: Var[mean(u, 1000000)] = Var[u]/1000000",
        "claim unordered: shift(h, b) = shift(h, b)",
        "claim rational: integral(phi*abs(h)) = integral(phi*abs(h))",
        "claim tangled: exp(softplus(h)) = 1 + exp(h)",
        "claim logarithm: exp(log(1 + exp(h))) = 1 + exp(h)",
    ] {
        let text = format!("{NAMES}\n{statement}\n");
        if language::parse("test.drift", &text).is_ok() {
            assert!(matches!(outcome(statement), Outcome::Unable(_)), "{statement}");
        }
    }
    let text = format!("{NAMES}\nclaim sum: div(mu + b) = div(mu) + div(b)\n");
    let (_, outcome) = claims(&text, &Options::default().with_budget(100)).pop().unwrap();
    assert!(matches!(outcome, Outcome::Unable(_)), "a budget that is too small: {outcome:?}");
}
