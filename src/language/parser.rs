//! Expressions: operator precedence by recursive descent, the depth of which is limited.
//!
//! `postfix > ^ (right) > unary minus > * / · (left) > + -`; `∇` takes the name, call or bracket behind it.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "most nodes are treated alike; a match names those that are not"
)]

use super::diagnostic::{Diagnostic, Label};
use super::lexer::{Lexeme, Token};
use super::limits::DEPTH;
use super::syntax::{Argument, Binary, Call, Form, Name, Node, Span};
use crate::expression::Rational;
use std::sync::Arc;

pub(super) type Parsed<T> = Result<T, Box<Diagnostic>>;

/// A place in the tokens of one statement.
pub(super) struct Parser<'a> {
    tokens: &'a [Lexeme],
    at: usize,
    /// Open recursions.
    level: usize,
}

/// How a token is called in a message.
fn describe(token: Option<&Token>) -> String {
    match token {
        None => "the end of the statement".to_owned(),
        Some(Token::Word(word)) => format!("the name {word}"),
        Some(Token::Number(number)) => format!("the number {number}"),
        Some(Token::Text(_)) => "a text".to_owned(),
        Some(Token::Sign("dot")) => "·".to_owned(),
        Some(Token::Sign(sign)) => (*sign).to_owned(),
        Some(Token::Superscript(_)) => "a raised number".to_owned(),
        Some(Token::Nabla | Token::NablaDot) => "∇".to_owned(),
        Some(Token::Bad) => "an unreadable character".to_owned(),
    }
}

impl<'a> Parser<'a> {
    pub(super) fn new(tokens: &'a [Lexeme]) -> Self {
        Self { tokens, at: 0, level: 0 }
    }

    pub(super) fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.at).map(|lexeme| &lexeme.token)
    }

    pub(super) fn ahead(&self, count: usize) -> Option<&'a Token> {
        self.tokens.get(self.at + count).map(|lexeme| &lexeme.token)
    }

    /// The place of the next token, or behind the last.
    pub(super) fn here(&self) -> Span {
        match (self.tokens.get(self.at), self.tokens.last()) {
            (Some(lexeme), _) => lexeme.span.clone(),
            (None, Some(last)) => last.span.end..last.span.end,
            (None, None) => 0..0,
        }
    }

    /// The end of the token before.
    pub(super) fn behind(&self) -> usize {
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map_or(0, |lexeme| lexeme.span.end)
    }

    pub(super) fn done(&self) -> bool {
        self.at >= self.tokens.len()
    }

    pub(super) fn step(&mut self) {
        self.at += 1;
    }

    pub(super) fn eat(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(found)) if *found == sign);
        self.at += usize::from(found);
        found
    }

    pub(super) fn is(&self, sign: &str) -> bool {
        matches!(self.peek(), Some(Token::Sign(found)) if *found == sign)
    }

    /// What was found instead of what is needed.
    pub(super) fn expected<T>(&self, what: &str) -> Parsed<T> {
        let found = describe(self.peek());
        let said = Diagnostic::error(format!("expected {what}, found {found}"), Label::new(self.here(), ""));
        let ends_operand = self.at > 0
            && match &self.tokens[self.at - 1].token {
                Token::Word(_) | Token::Number(_) | Token::Superscript(_) => true,
                Token::Sign(sign) => matches!(*sign, ")" | "]" | "'"),
                Token::Text(_) | Token::Nabla | Token::NablaDot | Token::Bad => false,
            };
        let starts_operand = match self.peek() {
            Some(Token::Word(_) | Token::Number(_) | Token::Nabla | Token::NablaDot) => true,
            Some(Token::Sign(sign)) => *sign == "(",
            Some(Token::Text(_) | Token::Superscript(_) | Token::Bad) | None => false,
        };
        let keyword =
            matches!(self.peek(), Some(Token::Word(word)) if super::lexer::KEYWORDS.contains(&&**word));
        let stray = matches!(self.peek(), Some(Token::Sign(")" | "]" | "}")));
        Err(Box::new(if stray {
            said.note("no bracket is open here that this one closes")
        } else if keyword {
            said.note(
                "a line that is indented, or stands in an open bracket, goes on with the statement above it",
            )
        } else if ends_operand && starts_operand {
            said.note("a product needs its sign: write a*b, not a b")
        } else {
            said
        }))
    }

    pub(super) fn require(&mut self, sign: &str) -> Parsed<()> {
        if self.eat(sign) { Ok(()) } else { self.expected(sign) }
    }

    /// The closing bracket of the one that was opened at `open`.
    pub(super) fn close(&mut self, sign: &str, open: &Span) -> Parsed<()> {
        if self.eat(sign) {
            return Ok(());
        }
        if self.done() {
            let label = Label::new(open.clone(), "opened here");
            return Err(Box::new(
                Diagnostic::error(format!("this bracket is never closed with {sign}"), label)
                    .and(self.here(), "the statement ends here"),
            ));
        }
        match self.expected(&format!("{sign} or the rest of an expression")) {
            Err(said) => Err(Box::new(said.and(open.clone(), "to close this bracket"))),
            other => other,
        }
    }

    pub(super) fn name(&mut self, what: &str) -> Parsed<Name> {
        match self.peek() {
            Some(Token::Word(word)) => {
                let name = Name { text: Arc::clone(word), span: self.here() };
                self.at += 1;
                Ok(name)
            }
            _ => self.expected(what),
        }
    }

    /// One or more of `part`, with commas between.
    pub(super) fn list<T>(&mut self, mut part: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        let mut parts = vec![part(self)?];
        while self.eat(",") {
            parts.push(part(self)?);
        }
        Ok(parts)
    }

    fn deeper<T>(&mut self, part: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.level >= DEPTH {
            return Err(too_deep(self.here()));
        }
        self.level += 1;
        let result = part(self);
        self.level -= 1;
        result
    }

    /// A node over `parts`.
    fn node(form: Form, span: Span, depth_of_parts: usize) -> Parsed<Node> {
        let depth = depth_of_parts + 1;
        if depth > DEPTH {
            return Err(too_deep(span));
        }
        Ok(Node { form, span, depth })
    }

    /// `sum = product { ("+" | "-") product }`
    pub(super) fn expression(&mut self) -> Parsed<Node> {
        self.deeper(|parser| {
            let first = parser.product()?;
            let (start, mut depth) = (first.span.start, first.depth);
            let mut terms = vec![(false, first)];
            loop {
                let subtracted = parser.is("-");
                if !parser.eat("+") && !parser.eat("-") {
                    break;
                }
                let term = parser.product()?;
                depth = depth.max(term.depth);
                terms.push((subtracted, term));
            }
            match terms.pop() {
                Some((false, only)) if terms.is_empty() => Ok(only),
                Some(last) => {
                    let span = start..last.1.span.end;
                    terms.push(last);
                    Self::node(Form::Sum(terms), span, depth)
                }
                None => parser.expected("an expression"),
            }
        })
    }

    fn binary(operator: Binary, left: Node, right: Node) -> Parsed<Node> {
        let (span, depth) = (left.span.start..right.span.end, left.depth.max(right.depth));
        Self::node(Form::Binary(operator, Box::new((left, right))), span, depth)
    }

    /// `product = unary { ("*" | "/" | "·") unary }`
    fn product(&mut self) -> Parsed<Node> {
        let mut left = self.unary()?;
        loop {
            let operator = match self.peek() {
                Some(Token::Sign("*")) => Binary::Multiply,
                Some(Token::Sign("/")) => Binary::Divide,
                Some(Token::Sign("dot")) => Binary::Dot,
                _ => return Ok(left),
            };
            self.step();
            let right = self.unary()?;
            left = Self::binary(operator, left, right)?;
        }
    }

    /// `unary = "-" unary | power`
    fn unary(&mut self) -> Parsed<Node> {
        let start = self.here().start;
        if !self.eat("-") {
            return self.power();
        }
        let operand = self.deeper(Self::unary)?;
        let (span, depth) = (start..operand.span.end, operand.depth);
        Self::node(Form::Negative(Box::new(operand)), span, depth)
    }

    /// `power = postfix [ "^" unary | raised ]`
    fn power(&mut self) -> Parsed<Node> {
        let base = self.postfix()?;
        if let Some(Token::Superscript(value)) = self.peek() {
            let exponent = Node { form: Form::Number(value.clone()), span: self.here(), depth: 1 };
            self.step();
            return Self::binary(Binary::Power, base, exponent);
        }
        if !self.eat("^") {
            return Ok(base);
        }
        let exponent = self.deeper(Self::unary)?;
        Self::binary(Binary::Power, base, exponent)
    }

    /// `postfix = primary { "'" | "[" indices "]" }`
    fn postfix(&mut self) -> Parsed<Node> {
        let mut node = self.primary()?;
        loop {
            let open = self.here();
            if self.eat("'") {
                let (span, depth) = (node.span.start..self.behind(), node.depth);
                node = Self::node(Form::Prime(Box::new(node)), span, depth)?;
            } else if self.eat("[") {
                let indices = self.indices(&open)?;
                let (span, depth) = (node.span.start..self.behind(), node.depth);
                node = Self::node(Form::Component(Box::new(node), indices), span, depth)?;
            } else {
                return Ok(node);
            }
        }
    }

    /// The names of indices up to the closing bracket.
    pub(super) fn indices(&mut self, open: &Span) -> Parsed<Vec<Name>> {
        let indices = self.list(|parser| match parser.peek() {
            Some(Token::Number(_)) => match parser.expected("the name of an index") {
                Err(said) => {
                    Err(Box::new(said.note("indices are names, such as A[i,j]; repeated ones are summed")))
                }
                other => other,
            },
            _ => parser.name("the name of an index"),
        })?;
        self.close("]", open)?;
        Ok(indices)
    }

    fn primary(&mut self) -> Parsed<Node> {
        let span = self.here();
        match self.peek() {
            Some(Token::Number(value)) => {
                self.step();
                Self::node(Form::Number(value.clone()), span, 0)
            }
            Some(Token::Text(text)) => {
                self.step();
                Self::node(Form::Text(Arc::clone(text)), span, 0)
            }
            Some(Token::Word(_)) => self.word(),
            Some(Token::Nabla) => self.nabla("grad"),
            Some(Token::NablaDot) => self.nabla("div"),
            Some(Token::Sign("(")) => {
                self.step();
                let mut inner = self.expression()?;
                self.close(")", &span)?;
                inner.span = span.start..self.behind();
                Ok(inner)
            }
            Some(Token::Sign("[")) => {
                self.step();
                let parts = self.list(Self::expression)?;
                self.close("]", &span)?;
                let depth = parts.iter().map(|part| part.depth).max().unwrap_or(0);
                Self::node(Form::List(parts), span.start..self.behind(), depth)
            }
            _ => self.expected("an expression"),
        }
    }

    /// A name, and the call, component or derivative that it begins.
    fn word(&mut self) -> Parsed<Node> {
        let name = self.name("a name")?;
        let open = self.here();
        match (&*name.text, self.peek()) {
            ("d" | "tensor", _) | ("sum", Some(Token::Sign("["))) => {
                self.require("[")?;
                self.indexed(&name, &open)
            }
            ("delta", _) => {
                self.require("[")?;
                let [i, j] = self.exactly::<2>(&open, "delta[i,j] has two indices")?;
                Self::node(Form::Delta(i, j), name.span.start..self.behind(), 0)
            }
            ("E" | "Var" | "Cov", Some(Token::Sign("["))) => self.call(name, 0, "]"),
            (_, Some(Token::Sign("("))) => self.call(name, 0, ")"),
            (_, Some(Token::Sign("'"))) => {
                let mut primes = 0;
                while matches!(self.ahead(primes), Some(Token::Sign("'"))) {
                    primes += 1;
                }
                let called = matches!(self.ahead(primes), Some(Token::Sign("(")));
                match u32::try_from(primes) {
                    Ok(count) if called && primes <= DEPTH => {
                        self.at += primes;
                        self.call(name, count, ")")
                    }
                    _ => Self::node(Form::Name(Arc::clone(&name.text)), name.span, 0),
                }
            }
            _ => Self::node(Form::Name(Arc::clone(&name.text)), name.span, 0),
        }
    }

    /// `d[j](e)`, `sum[i](e)`, `tensor[i,j](e)`, from behind the first bracket.
    fn indexed(&mut self, name: &Name, open: &Span) -> Parsed<Node> {
        let indices = match &*name.text {
            "d" => self.exactly::<1>(open, "d[j](e) differentiates by one index")?.to_vec(),
            "sum" => self.exactly::<1>(open, "sum[i](e) sums over one index")?.to_vec(),
            _ => self.indices(open)?,
        };
        let inner = self.here();
        self.require("(")?;
        let operand = Box::new(self.expression()?);
        self.close(")", &inner)?;
        let (span, depth) = (name.span.start..self.behind(), operand.depth);
        let form = match (&*name.text, &indices[..]) {
            ("d", [index]) => Form::Partial(index.clone(), operand),
            ("sum", [index]) => Form::Over(index.clone(), operand),
            _ => Form::Tensor(indices, operand),
        };
        Self::node(form, span, depth)
    }

    /// So many indices in brackets.
    fn exactly<const COUNT: usize>(&mut self, open: &Span, note: &str) -> Parsed<[Name; COUNT]> {
        let indices = self.indices(open)?;
        let found = indices.len();
        indices.try_into().map_err(|_| {
            let place = Label::new(open.start..self.behind(), "");
            let said = Diagnostic::error(format!("expected {COUNT} of an index, found {found}"), place);
            Box::new(said.note(note))
        })
    }

    /// The arguments of a call, whose opening bracket is next.
    fn call(&mut self, name: Name, primes: u32, closing: &str) -> Parsed<Node> {
        let open = self.here();
        self.step();
        let arguments = if self.is(closing) { vec![] } else { self.list(Self::argument)? };
        self.close(closing, &open)?;
        let depth = arguments.iter().map(|argument| argument.value.depth).max().unwrap_or(0);
        let span = name.span.start..self.behind();
        Self::node(Form::Call(Call { name, primes, arguments }), span, depth)
    }

    fn argument(&mut self) -> Parsed<Argument> {
        let named = matches!((self.peek(), self.ahead(1)), (Some(Token::Word(_)), Some(Token::Sign("="))));
        let name = if named { Some(self.name("a name")?) } else { None };
        self.at += usize::from(named);
        Ok(Argument { name, value: self.expression()? })
    }

    fn nabla(&mut self, function: &str) -> Parsed<Node> {
        let name = Name { text: function.into(), span: self.here() };
        self.step();
        if let Some(Token::Superscript(_)) = self.peek() {
            let label = Label::new(name.span.start..self.here().end, "");
            let said = Diagnostic::error("the square of ∇ has two meanings", label);
            return Err(Box::new(said.note("write lap(s) for the Laplacian and hess(s) for the Hessian")));
        }
        let value = self.deeper(Self::primary)?;
        let (span, depth) = (name.span.start..value.span.end, value.depth);
        let call = Call { name, primes: 0, arguments: vec![Argument { name: None, value }] };
        Self::node(Form::Call(call), span, depth)
    }
}

fn too_deep(span: Span) -> Box<Diagnostic> {
    Box::new(
        Diagnostic::error("this expression is nested too deeply", Label::new(span, ""))
            .note(format!("brackets, operators and calls may stand in one another {DEPTH} deep")),
    )
}

/// A rational number that an expression is: `3/2`, `-1`.
pub(super) fn constant(node: &Node) -> Option<Rational> {
    match &node.form {
        Form::Number(value) => Some(value.clone()),
        Form::Negative(inner) => Some(-constant(inner)?),
        Form::Binary(Binary::Divide, sides) => constant(&sides.0)?.checked_div(&constant(&sides.1)?),
        Form::Text(_)
        | Form::Name(_)
        | Form::Sum(_)
        | Form::Binary(..)
        | Form::Prime(_)
        | Form::Component(..)
        | Form::Partial(..)
        | Form::Over(..)
        | Form::Tensor(..)
        | Form::Delta(..)
        | Form::Call(_)
        | Form::List(_) => None,
    }
}
