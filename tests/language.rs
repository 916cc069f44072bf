//! What texts mean, as fixed by the guide of the language.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod expressions;

use driftproof::expression::{
    Claim, Condition, Derivation, Distribution, Expr, Kind, Length, Operator, RandomShape, Rational, Shape,
    Sides, Sign, Statement, SymbolKind, Value,
};
use driftproof::language::parse;
use expressions::{DECLARATIONS, same};

fn read(statements: &str) -> Derivation {
    let text = format!("{DECLARATIONS}{statements}\n");
    parse("text.drift", &text).unwrap_or_else(|errors| panic!("{errors}"))
}

fn claim(derivation: &Derivation, at: usize) -> &Claim {
    match &derivation.statements[at] {
        Statement::Claim(claim) => claim,
        Statement::Assumption { name, .. } => panic!("{name} is no claim"),
    }
}

fn sides(derivation: &Derivation, at: usize) -> (&Expr, &Expr) {
    match &claim(derivation, at).sides {
        Sides::Equation { left, right } => (left, right),
        Sides::DifferentShapes { .. } => panic!("two shapes"),
    }
}

/// Whether an error with this text is reported.
fn refused(statements: &str, message: &str) {
    let text = format!("{DECLARATIONS}{statements}\n");
    let errors = parse("text.drift", &text).expect_err(statements).to_string();
    assert!(errors.contains(message), "{statements}: {errors}");
}

#[test]
fn two_ways_to_write_one_expression() {
    for (one, other) in [
        ("-c^2", "-(c^2)"),
        ("-c*n", "(-c)*n"),
        ("c^n^2", "c^(n^2)"),
        ("c/n*eta", "(c/n)*eta"),
        ("c - n + eta", "c - n + (eta)"),
        ("2^-c^2", "2^(-(c^2))"),
        ("-2", "(-2)"),
        ("0.5*p", "1/2*p"),
        ("2.5e-3*p", "1/400*p"),
        ("B'*mu", "(B')*mu"),
        ("∇·(D*p)", "div(D*p)"),
        ("∇p*c", "grad(p)*c"),
        ("∇u(X)", "grad(u)"),
        ("∇p·μ", "dot(grad(p), mu)"),
        ("∂[j](D[i,j])", "d[j](D[i,j])"),
        ("Dᵀ*mu", "D'*mu"),
        ("η⁻²*p", "eta^(-2)*p"),
        ("l′′(p)", "l''(p)"),
        ("p − c", "p - c"),
        ("E(u)", "E[u]"),
        ("Cov(grad(u))", "Cov[grad(u)]"),
        ("Cov(grad(u), u)", "Cov[grad(u), u]"),
        ("u(X)", "u"),
        ("u(theta, X)", "u"),
        ("mean(u, n, batch = 1)", "mean(u, n)"),
        ("mu[i]*mu[i] + D[j,j]", "mu[j]*mu[j] + D[i,i]"),
    ] {
        let derivation = read(&format!("claim a: {one} = {one}\nclaim b: {other} = {other}"));
        assert!(same(sides(&derivation, 0).0, sides(&derivation, 1).0), "{one} is {other}");
    }
}

#[test]
fn different_expressions_are_different() {
    for (one, other) in [
        ("-c^2", "(-c)^2"),
        ("c^n^2", "(c^n)^2"),
        ("c/n*eta", "c/(n*eta)"),
        ("c - (n - eta)", "c - n - eta"),
        ("D[i,j]*mu[j]", "D[j,i]*mu[j]"),
        ("B[i,k]*d[j](B[j,k])", "B[j,k]*d[j](B[i,k])"),
        ("tensor[i,j](d[j](mu[i]))", "tensor[j,i](d[j](mu[i]))"),
        ("mean(u, n)*mean(u, n)", "mean(u, n)*mean(u, n, batch = 2)"),
        ("Cov[u, c*u]", "Cov[c*u, u]"),
        ("shift(p, mu)", "shift(p, -mu)"),
        ("at(c*eta, c = n)", "at(c*eta, eta = n)"),
        ("l'(p)", "l''(p)"),
        ("source(mu)", "E[mu]"),
    ] {
        let derivation =
            read(&format!("claim a: {one} = {one} + O(eta)\nclaim b: {other} = {other} + O(eta)"));
        assert!(!same(sides(&derivation, 0).0, sides(&derivation, 1).0), "{one} is not {other}");
    }
}

#[test]
fn indices_of_a_let_are_nobody_elses() {
    let derivation = read(
        "let s = mu[i]*mu[i]\nlet S[i] = B[j,k]*d[j](B[i,k])\n\
         claim a: s*s*mu[i] = S[i]*s\nclaim b: S[j]*S[j] = dot(S, S)",
    );
    let mut binders = vec![];
    let _ = sides(&derivation, 0).0.any(&mut |e| {
        if let Kind::Sum(index, _) = e.kind() {
            binders.push(index.id);
        }
        false
    });
    assert_eq!(binders.len(), 1, "the shared node is one");
    let Kind::Sum(outer, body) = sides(&derivation, 1).0.kind() else { panic!("a sum") };
    let captured = body.any(&mut |e| matches!(e.kind(), Kind::Sum(inner, _) if inner == outer));
    assert!(!captured, "the index of the claim is not that of the let");
    refused("let s = mu[i]*mu[i]*mu[i]", "more than twice");
    refused("claim a: (mu[i]*mu[i] + c)*mu[i] = 0", "more than twice");
    refused("claim a: exp(mu[i]*mu[i])*mu[i] = 0", "more than twice");
}

#[test]
fn lengths_are_found_claim_by_claim() {
    let derivation = read(
        "field C: matrix\nfield mu2: vector\n\
         claim a: E[B*dW] = 0\nclaim b: E[mu + dW] = mu\nclaim c: E[norm2(dW)] = dim*dt\nclaim d: B*C' = C*B'\n\
         claim e where B = B': B*mu = mu\nclaim f: delta[i,i] = dim",
    );
    let noise = |at: usize| {
        let mut found = None;
        let _ = sides(&derivation, at).0.any(&mut |e| {
            if matches!(e.kind(), Kind::Symbol(id) if &*derivation.symbols.get(*id).name == "dW") {
                found = Some(e.shape());
            }
            false
        });
        found.unwrap()
    };
    let b = derivation.symbols.find("B").unwrap();
    assert_eq!(noise(0), Shape::Vector(Length::Columns(b)), "as long as B is wide");
    assert_eq!(noise(1), Shape::Vector(Length::Space), "as long as mu");
    assert_eq!(noise(2), Shape::Vector(Length::Space), "d where nothing says more");
    let Kind::Mul(_, second) = sides(&derivation, 3).0.kind() else { panic!("a product") };
    assert_eq!(second.shape(), Shape::Matrix(Length::Columns(b), Length::Space), "B and C are as wide");
    let Kind::Mul(first, _) = sides(&derivation, 4).0.kind() else { panic!("a product") };
    assert_eq!(first.shape(), Shape::Matrix(Length::Space, Length::Space), "B = B' makes it square");
    let Kind::Sum(index, _) = sides(&derivation, 5).0.kind() else { panic!("a sum") };
    assert_eq!(index.length, Length::Space, "an index that nothing bounds runs to d");
    refused("claim a: B*mu = mu", "times");
    refused("claim a: E[B*dW + dW] = 0", "cannot be added");
    refused("let a = B*dW\nlet b = dW + mu\nclaim c: E[dot(a, b)] = 0", "two lengths");
}

#[test]
fn a_hypothesis_holds_for_the_claims_below_it() {
    let derivation =
        read("claim a: p = p\ngiven B = B'\ngiven grad(p) = -mu\nclaim b: tr(B) = tr(B')\nlet r = c");
    assert_eq!(claim(&derivation, 0).given.len(), 0, "none before it");
    assert_eq!(claim(&derivation, 1).given.len(), 2, "both after it");
    assert_eq!(
        claim(&derivation, 1).given[0].0.shape(),
        Shape::Matrix(Length::Space, Length::Space),
        "square"
    );
}

#[test]
fn zero_takes_any_shape() {
    let derivation = read(
        "claim a: mu = 0\nclaim b: 0 = D\nclaim c: mu[i] = 0\nclaim d: mu + 0 - D*mu = 0\nclaim e: 0 = O(eta)\n\
         claim f: d[k](D[i,j]) = 0\nclaim g: dot(mu, 0) = 0\nlet z = 0\nclaim h: mu + z = mu\nclaim i: p = 0 + 0",
    );
    let shape = |at: usize| sides(&derivation, at).1.shape();
    let vector = Shape::Vector(Length::Space);
    assert_eq!([shape(0), shape(2), shape(3), shape(7)], [vector; 4], "vectors");
    assert_eq!(sides(&derivation, 1).0.shape(), shape(1), "a matrix");
    assert_eq!(shape(5), Shape::Components(3), "three free indices");
    assert_eq!(claim(&derivation, 4).remainder.as_ref().unwrap().order, Rational::ONE, "an order alone");
}

#[test]
fn two_shapes_are_an_equation_that_is_false() {
    let derivation = read(
        "refute a: grad(p) = p\nrefute b: mu[i] = p\nrefute c: D = mu\nrefute d: B = D\nclaim e: B = B'",
    );
    for at in 0..5 {
        assert!(matches!(claim(&derivation, at).sides, Sides::DifferentShapes { .. }), "statement {at}");
    }
    refused("refute a: mu[i] = mu", "index notation");
    refused("refute a: mu[i] = mu[j]", "free");
}

#[test]
fn conditions_and_orders() {
    let derivation = read(
        "claim a where c > 0, eta <= n, mu = 0, dim = 1: p = p + O(dt^(3/2))\nclaim b: E[shift(c, mu)] = c",
    );
    let conditions = &claim(&derivation, 0).conditions;
    assert!(matches!(&conditions[0], Condition::Positive(_)), "c > 0");
    let Condition::NonNegative(difference) = &conditions[1] else { panic!("eta <= n") };
    assert_eq!(difference.to_text(&derivation.symbols), "n - eta", "the larger minus the smaller");
    let Condition::Equal(_, zero) = &conditions[2] else { panic!("mu = 0") };
    assert_eq!(zero.shape(), Shape::Vector(Length::Space), "0 as a vector");
    assert!(matches!(&conditions[3], Condition::Equal(..)), "dim = 1");
    let remainder = claim(&derivation, 0).remainder.as_ref().unwrap();
    assert_eq!(remainder.order, Rational::half(3), "three halves");
    assert_eq!(&*derivation.symbols.get(remainder.symbol).name, "dt", "of dt");
}

#[test]
fn names_are_what_they_are_used_as() {
    let text = "scalar s, dt\nspace theta = (a, b)\nrandom x ~ normal(0, s), y ~ moments(0, 1), Z, w: vector, q\nfield u(Z): scalar\n\
                noise dW(dt)\nlet loss = 1/2*(a*b*x - q)^2\nclaim g: E[grad(loss)] = [E[b*x*(a*b*x - q)], E[a*x*(a*b*x - q)]]\n";
    let derivation = parse("text.drift", text).unwrap();
    let kind = |name: &str| derivation.symbols.get(derivation.symbols.find(name).unwrap()).kind.clone();
    assert_eq!(kind("a"), SymbolKind::Coordinate(0), "a coordinate");
    assert!(
        matches!(kind("x"), SymbolKind::Random { distribution: Some(Distribution::Normal(..)), .. }),
        "normal"
    );
    assert!(
        matches!(kind("q"), SymbolKind::Random { shape: RandomShape::Scalar, distribution: None }),
        "a number"
    );
    assert!(matches!(kind("Z"), SymbolKind::Random { shape: RandomShape::Opaque, .. }), "only looked into");
    assert!(matches!(kind("w"), SymbolKind::Random { shape: RandomShape::Vector, .. }), "a vector");
    assert_eq!(kind("dt"), SymbolKind::Scalar(Sign::Positive), "a time step is positive");
    assert_eq!(derivation.symbols.coordinates().unwrap().len(), 2, "two coordinates");
}

#[test]
fn statements_go_on_where_brackets_are_open_or_a_line_is_indented() {
    let derivation = read(
        "claim a: E[u +\np] = E[u]  # a comment (with a bracket\n    + p\n\n# claim b: q = q\nassume c: \"a # in a text\"\n",
    );
    assert_eq!(&*claim(&derivation, 0).text, "claim a: E[u + p] = E[u] + p", "in one line");
    let Statement::Assumption { text, .. } = &derivation.statements[1] else { panic!("an assumption") };
    assert_eq!(&**text, "a # in a text", "no comment");
}

#[test]
fn blocks_of_markdown_share_one_scope() {
    let text = "Ümläute\n\n```drift\nscalar a\n```\n\n* a list\n\n  ````drift\n  let b = a\n    + a\n  ````\n\n~~~ drift\nclaim c: b = 2*a\n~~~\n\n\
                ```rust\nclaim d: nonsense\n```\n";
    let derivation = parse("file.md", text).unwrap();
    let claim = claim(&derivation, 0);
    assert_eq!(&text[claim.span.clone()], "claim c: b = 2*a", "bytes of the file");
    assert!(parse("-", "scalar a\nclaim b: a = a\n").is_ok(), "the standard input may be bare");
    assert!(parse("-", text).is_ok(), "or Markdown");
    assert!(parse("file.md", "no block").is_err(), "a file must say something");
    assert!(parse("file.md", "").is_err(), "even an empty one");
    assert!(parse("file.drift", "\u{feff}scalar a\r\nclaim b: a = a\r\n").is_ok(), "marks of other systems");
}

#[test]
fn instances_are_kept_as_they_are_written() {
    let derivation = read(
        "instance one {\n    data = csv(\"a.csv\", target = \"y\", standardize = true)\n    theta = [[0.1, -0.2], [1, 2]]\n    \
         u = 1/2*(a*x - y)^2\n    eta = -0.05\n    m = zeros\n}\ninstance two { n = 8 }",
    );
    let [one, two] = &derivation.instances[..] else { panic!("two") };
    assert_eq!(two.get("n"), Some(&Value::Number(Rational::integer(8))), "a number");
    assert_eq!(one.get("eta"), Some(&Value::Number(Rational::new(-1, 20).unwrap())), "a negative one");
    assert_eq!(one.get("m"), Some(&Value::Name("zeros".into())), "a name");
    let Some(Value::Call(name, arguments)) = one.get("data") else { panic!("a call") };
    assert_eq!((&**name, arguments.len()), ("csv", 3), "with arguments");
    assert_eq!(arguments[1], (Some("target".into()), Value::Text("y".into())), "with names");
    assert!(
        matches!(one.get("theta"), Some(Value::List(rows)) if matches!(rows[0], Value::List(_))),
        "lists in lists"
    );
    assert!(matches!(one.get("u"), Some(Value::Operation(Operator::Multiply, _))), "a formula");
}

#[test]
fn roots_need_symmetry_that_can_be_seen() {
    let derivation = read(
        "let S = Cov[grad(u)]\nlet T[i,j] = mu[i]*mu[j]\n\
         claim a: sqrt(S)*sqrt(S) = S\nclaim b: sqrt(B*B') = sqrt(2*B*B'/2)\nclaim c: sqrt(D*D*D) = sqrt(D^3)\n\
         claim d: sqrt(outer(mu, mu) + I) = sqrt(mean(outer(mu, mu), n) + hess(p))\nclaim e where B = B': sqrt(B) = sqrt(B')\n\
         claim f: sqrt(T) = sqrt(B*D_wide*B')\nclaim g: sqrt(jac(mu) + jac(mu)') = sqrt(jac(grad(p)))\n\
         claim h: sqrt(inv(D) + E[D]) = sqrt(outer(mu, grad(p)) + outer(grad(p), mu))"
            .replace("D_wide", "B'*B")
            .as_str(),
    );
    assert_eq!(derivation.statements.len(), 8, "all of them");
    for side in [
        "D*hess(p)",
        "jac(mu)",
        "outer(mu, grad(p))",
        "B",
        "tensor[i,j](mu[i]*d[j](p))",
        "D*D*hess(p)",
        "Cov[mu, E[mu]]",
    ] {
        refused(&format!("claim a: sqrt({side}) = 0"), "sqrt");
    }
}
