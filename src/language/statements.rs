//! Statements: from the tokens of one statement to its parts.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "most nodes are treated alike; a match names those that are not"
)]

use super::diagnostic::{Diagnostic, Label};
use super::lexer::{Lexeme, Token};
use super::parser::{Parsed, Parser};
use super::syntax::{Claim, Field, Name, Node, Noise, Random, Relation, Space, Statement};
use crate::expression::{Expected, Sign};
use std::sync::Arc;

/// Reads one statement whole.
pub(super) fn statement(tokens: &[Lexeme]) -> Parsed<Statement> {
    let mut parser = Parser::new(tokens);
    let start = parser.here();
    let keyword = parser.name("a statement")?;
    let result = match &*keyword.text {
        "scalar" => Statement::Scalars(parser.list(scalar)?),
        "space" => Statement::Space(space(&mut parser)?),
        "random" => Statement::Randoms(parser.list(random)?),
        "field" => Statement::Fields(fields(&mut parser, false)?),
        "test" => Statement::Fields(fields(&mut parser, true)?),
        "noise" => Statement::Noises(parser.list(noise)?),
        "function" => Statement::Functions(parser.list(function)?),
        "given" => {
            let (left, right) = equation(&mut parser)?;
            Statement::Given(left, right)
        }
        "let" => definition(&mut parser)?,
        "claim" => claim(&mut parser, Expected::Holds)?,
        "refute" => claim(&mut parser, Expected::Fails)?,
        "assume" => assumption(&mut parser)?,
        "instance" => instance(&mut parser)?,
        other => {
            let said = Diagnostic::error(format!("no statement begins with {other}"), Label::new(start, ""));
            return Err(Box::new(match super::names::nearest(other, super::lexer::KEYWORDS) {
                Some(near) => said.note(format!("is {near} meant?")),
                None => said.note(
                    "statements begin with scalar, space, random, field, noise, test, function, given, let, claim, refute, \
                     assume or instance",
                ),
            }));
        }
    };
    if parser.done() { Ok(result) } else { parser.expected("the end of the statement") }
}

/// `> 0`, `>= 0` or nothing.
fn sign(parser: &mut Parser<'_>) -> Parsed<Sign> {
    let sign = match parser.peek() {
        Some(Token::Sign(">")) => Sign::Positive,
        Some(Token::Sign(">=")) => Sign::NonNegative,
        Some(Token::Sign("<" | "<=")) => {
            return match parser.expected("> 0 or >= 0") {
                Err(said) => {
                    Err(Box::new(said.note("declare the number that is positive, and write minus it")))
                }
                other => other,
            };
        }
        _ => return Ok(Sign::Any),
    };
    parser.step();
    match parser.peek() {
        Some(Token::Number(value)) if value.is_zero() => {
            parser.step();
            Ok(sign)
        }
        _ => parser.expected("0, the only bound that a declaration takes"),
    }
}

fn scalar(parser: &mut Parser<'_>) -> Parsed<(Name, Sign)> {
    let name = parser.name("the name of a scalar")?;
    Ok((name, sign(parser)?))
}

fn space(parser: &mut Parser<'_>) -> Parsed<Space> {
    let name = parser.name("the name of the space")?;
    if !parser.eat("=") {
        return Ok(Space { name, coordinates: None });
    }
    let open = parser.here();
    parser.require("(")?;
    let coordinates = parser.list(|parser| parser.name("the name of a coordinate"))?;
    parser.close(")", &open)?;
    Ok(Space { name, coordinates: Some(coordinates) })
}

fn random(parser: &mut Parser<'_>) -> Parsed<Random> {
    let name = parser.name("the name of what is random")?;
    let mut vector = false;
    if parser.eat(":") {
        vector = shape(parser, &["vector", "scalar"])?.text.as_ref() == "vector";
    }
    let distribution = if parser.eat("~") { Some(parser.expression()?) } else { None };
    Ok(Random { name, vector, distribution })
}

/// One of some words for shapes.
fn shape(parser: &mut Parser<'_>, shapes: &[&str]) -> Parsed<Name> {
    match parser.peek() {
        Some(Token::Word(word)) if shapes.contains(&&**word) => parser.name("a shape"),
        _ => parser.expected(&shapes.join(" or ")),
    }
}

/// `u(X), v: scalar > 0`: the shape holds for all names before it that have none of their own.
fn fields(parser: &mut Parser<'_>, test: bool) -> Parsed<Vec<Field>> {
    let shapes: &[&str] = if test { &["scalar"] } else { &["scalar", "vector", "symmetric", "matrix"] };
    let mut result = vec![];
    let mut waiting = vec![];
    loop {
        let name = parser.name("the name of a field")?;
        let open = parser.here();
        let mut arguments = vec![];
        if parser.eat("(") {
            arguments = parser.list(|parser| parser.name("a random name"))?;
            parser.close(")", &open)?;
        }
        waiting.push((name, arguments));
        if parser.eat(":") {
            let shape = shape(parser, shapes)?;
            let place = parser.here();
            let sign = sign(parser)?;
            if sign != Sign::Any && (test || &*shape.text != "scalar") {
                let said = Diagnostic::error("only a scalar field has a sign", Label::new(place, ""));
                return Err(Box::new(said.and(shape.span, "this is not one")));
            }
            for (name, arguments) in waiting.drain(..) {
                result.push(Field { name, arguments, shape: shape.clone(), sign, test });
            }
        }
        if !parser.eat(",") {
            break;
        }
    }
    if test && parser.done() {
        for (name, arguments) in waiting.drain(..) {
            let shape = Name { text: "scalar".into(), span: name.span.clone() };
            result.push(Field { name, arguments, shape, sign: Sign::Any, test });
        }
    }
    if waiting.is_empty() { Ok(result) } else { parser.expected(&format!(": and {}", shapes.join(" or "))) }
}

fn noise(parser: &mut Parser<'_>) -> Parsed<Noise> {
    let name = parser.name("the name of a noise")?;
    let open = parser.here();
    parser.require("(")?;
    let time_step = parser.name("the name of the time step")?;
    parser.close(")", &open)?;
    let mut scalar = false;
    if parser.eat(":") {
        scalar = shape(parser, &["scalar", "vector"])?.text.as_ref() == "scalar";
    }
    Ok(Noise { name, time_step, scalar })
}

fn function(parser: &mut Parser<'_>) -> Parsed<Name> {
    let name = parser.name("the name of a function")?;
    let open = parser.here();
    parser.require("(")?;
    parser.name("the name of its variable")?;
    parser.close(")", &open)?;
    Ok(name)
}

fn equation(parser: &mut Parser<'_>) -> Parsed<(Node, Node)> {
    let left = parser.expression()?;
    if !parser.eat("=") {
        return parser.expected("= or the rest of the left side");
    }
    Ok((left, parser.expression()?))
}

fn definition(parser: &mut Parser<'_>) -> Parsed<Statement> {
    let name = parser.name("the name to define")?;
    let open = parser.here();
    let indices = if parser.eat("[") { parser.indices(&open)? } else { vec![] };
    parser.require("=")?;
    Ok(Statement::Let(name, indices, parser.expression()?))
}

fn claim(parser: &mut Parser<'_>, expected: Expected) -> Parsed<Statement> {
    let name = parser.name("the name of the claim")?;
    let mut conditions = vec![];
    if matches!(parser.peek(), Some(Token::Word(word)) if &**word == "where") {
        parser.step();
        conditions = parser.list(condition)?;
    }
    if !parser.eat(":") {
        return parser.expected(if conditions.is_empty() {
            ": or where"
        } else {
            ": or the rest of a condition"
        });
    }
    let (left, right) = equation(parser)?;
    Ok(Statement::Claim(Box::new(Claim { name, expected, conditions, left, right })))
}

fn condition(parser: &mut Parser<'_>) -> Parsed<(Node, Relation, Node)> {
    let left = parser.expression()?;
    let relation = match parser.peek() {
        Some(Token::Sign("=")) => Relation::Equal,
        Some(Token::Sign(">")) => Relation::Greater,
        Some(Token::Sign(">=")) => Relation::AtLeast,
        Some(Token::Sign("<")) => Relation::Less,
        Some(Token::Sign("<=")) => Relation::AtMost,
        _ => return parser.expected("= or > or >= or < or <="),
    };
    parser.step();
    Ok((left, relation, parser.expression()?))
}

fn assumption(parser: &mut Parser<'_>) -> Parsed<Statement> {
    let name = parser.name("the name of the assumption")?;
    parser.require(":")?;
    match parser.peek() {
        Some(Token::Text(text)) => {
            parser.step();
            Ok(Statement::Assume(name, Arc::clone(text)))
        }
        _ => parser.expected("a text in \" \""),
    }
}

fn instance(parser: &mut Parser<'_>) -> Parsed<Statement> {
    let name = parser.name("the name of the instance")?;
    let open = parser.here();
    parser.require("{")?;
    let mut entries = vec![];
    while matches!(parser.peek(), Some(Token::Word(_))) {
        let key = parser.name("a key")?;
        parser.require("=")?;
        entries.push((key, parser.expression()?));
    }
    parser.close("}", &open)?;
    Ok(Statement::Instance(name, entries))
}
