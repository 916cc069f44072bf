#![doc = include_str!("guide.md")]

mod batches;
mod calls;
mod claims;
mod declarations;
pub mod diagnostic;
mod elaboration;
mod indices;
mod instances;
mod lengths;
mod lexer;
mod limits;
mod markdown;
mod names;
mod operators;
mod parser;
mod shapes;
mod statements;
mod symmetry;
mod syntax;
mod unicode;

pub use diagnostic::{Diagnostic, Diagnostics, Label, Severity};

use crate::expression::{Derivation, Instance, Statement, Value};
use elaboration::{Elaborated, Elaborator, Stop};
use lexer::{Lexeme, Token};
use std::sync::Arc;

/// What a text means.
///
/// `name` is that of the file, for messages; a name that ends in `.drift` is a bare text, every other one is Markdown.
///
/// # Errors
///
/// Every error of the text that was found, with its place.
pub fn parse(name: &str, text: &str) -> Result<Derivation, Diagnostics> {
    if text.len() > limits::BYTES {
        let label = Label::new(0..0, "");
        let said = Diagnostic::error("this file is too large", label).note(format!(
            "it has {} bytes; {} are read",
            text.len(),
            limits::BYTES
        ));
        return Err(Diagnostics::new(name, text, vec![said]));
    }
    let (blocks, errors) = markdown::blocks(name, text);
    if !errors.is_empty() {
        // Which statements there are is not known.
        return Err(Diagnostics::new(name, text, errors));
    }
    let mut elaborator = Elaborator::new(text);
    let (mut statements, mut instances) = (vec![], vec![]);
    for block in &blocks {
        for tokens in lexer::statements(text, block, &mut elaborator.errors) {
            if elaborator.errors.len() >= limits::ERRORS {
                break;
            }
            match read(&mut elaborator, &tokens) {
                Ok(Read::Statement(statement)) => statements.push(statement),
                Ok(Read::Instance(instance)) => instances.push(instance),
                Ok(Read::Declaration) | Err(Stop) => {}
            }
        }
    }
    if elaborator.errors.is_empty() {
        let blocks = blocks.into_iter().map(|block| block.span).collect();
        Ok(Derivation { symbols: elaborator.symbols, statements, blocks, instances })
    } else {
        Err(Diagnostics::new(name, text, elaborator.errors))
    }
}

/// The syntax of one value, as it may stand in an instance: a loss, say. `name` is where it stands, for messages.
///
/// # Errors
///
/// The text is no value, with the place where it stops being one.
pub fn value(name: &str, text: &str) -> Result<Value, Diagnostics> {
    if text.len() > limits::BYTES {
        let said = Diagnostic::error("this value is too long", Label::new(0..0, ""));
        return Err(Diagnostics::new(name, text, vec![said]));
    }
    let mut elaborator = Elaborator::new(text);
    let whole = markdown::Block { span: 0..text.len(), indent: 0 };
    let tokens: Vec<Lexeme> = lexer::statements(text, &whole, &mut elaborator.errors).concat();
    if elaborator.errors.is_empty() {
        let mut parser = parser::Parser::new(&tokens);
        let read = parser.expression();
        let read = read
            .and_then(|node| if parser.done() { Ok(node) } else { parser.expected("the end of the value") });
        let value = match read {
            Ok(node) => elaborator.value(&node),
            Err(said) => elaborator.fail(*said),
        };
        if let Ok(value) = value {
            return Ok(value);
        }
    }
    Err(Diagnostics::new(name, text, elaborator.errors))
}

/// What a statement is, once read.
enum Read {
    Declaration,
    Statement(Statement),
    Instance(Instance),
}

/// Reads one statement and keeps what it declares.
fn read(elaborator: &mut Elaborator<'_>, tokens: &[Lexeme]) -> Elaborated<Read> {
    let unreadable = tokens.iter().any(|lexeme| lexeme.token == Token::Bad);
    let parsed = if unreadable { None } else { Some(statements::statement(tokens)) };
    let statement = match parsed {
        Some(Ok(statement)) => statement,
        Some(Err(said)) => {
            forget(elaborator, tokens);
            return elaborator.fail(*said);
        }
        None => {
            forget(elaborator, tokens);
            return Err(Stop);
        }
    };
    let span = match (tokens.first(), tokens.last()) {
        (Some(first), Some(last)) => first.span.start..last.span.end,
        _ => 0..0,
    };
    let mut outcome = Ok(());
    let mut each = |result: Elaborated<()>| {
        if result.is_err() {
            outcome = Err(Stop);
        }
    };
    match statement {
        syntax::Statement::Scalars(list) => list.into_iter().for_each(|(name, sign)| {
            each(elaborator.declare(&name, crate::expression::SymbolKind::Scalar(sign)).map(|_| ()));
        }),
        syntax::Statement::Space(space) => each(elaborator.space(&space)),
        syntax::Statement::Randoms(list) => list.iter().for_each(|random| each(elaborator.random(random))),
        syntax::Statement::Fields(list) => list.iter().for_each(|field| each(elaborator.field(field))),
        syntax::Statement::Noises(list) => list.iter().for_each(|noise| each(elaborator.noise(noise))),
        syntax::Statement::Functions(list) => list.iter().for_each(|name| {
            each(elaborator.declare(name, crate::expression::SymbolKind::Function).map(|_| ()));
        }),
        syntax::Statement::Given(left, right) => each(elaborator.hypothesis(&left, &right)),
        syntax::Statement::Let(name, indices, body) => {
            each(elaborator.definition_of(&name, &indices, &body));
        }
        syntax::Statement::Claim(claim) => {
            let text = one_line(elaborator.text, tokens);
            return Ok(Read::Statement(Statement::Claim(elaborator.claim(&claim, &span, text)?)));
        }
        syntax::Statement::Assume(name, text) => {
            elaborator.new_statement(&name)?;
            return Ok(Read::Statement(Statement::Assumption { name: name.text, text, span }));
        }
        syntax::Statement::Instance(name, entries) => {
            return Ok(Read::Instance(elaborator.instance(&name, &entries, &span)?));
        }
    }
    outcome.map(|()| Read::Declaration)
}

/// Marks the names that a statement with an error was to declare, so that their uses are not reported as well.
fn forget(elaborator: &mut Elaborator<'_>, tokens: &[Lexeme]) {
    let mut words = tokens.iter().filter_map(|lexeme| {
        let Token::Word(word) = &lexeme.token else { return None };
        Some(syntax::Name { text: Arc::clone(word), span: lexeme.span.clone() })
    });
    let count = match words.next().as_ref().map(|word| &*word.text) {
        Some("let") => 1,
        Some("scalar" | "space" | "random" | "field" | "noise" | "test" | "function") => usize::MAX,
        _ => 0,
    };
    words.take(count).for_each(|name| elaborator.broken(&name));
}

/// The statement as it was written, without comments and line ends.
fn one_line(text: &str, tokens: &[Lexeme]) -> Arc<str> {
    let mut line = String::new();
    let mut end = None;
    for lexeme in tokens {
        if end.is_some_and(|end| end < lexeme.span.start) {
            line.push(' ');
        }
        line.push_str(&text[lexeme.span.clone()]);
        end = Some(lexeme.span.end);
    }
    line.into()
}
