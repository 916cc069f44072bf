//! Who may import whom: the paths in `src/` are read, and an arrow that is not in the table fails.
//!
//! The readings of a claim are evidence because they share nothing but the expression; a drift is put to the test by
//! simulations because these never see its closed form. The language does not keep that so. This test does.
//!
//! What is read: `crate::`, `super::`, `self::` and `driftproof::` paths, in `use` lines and in code, unit tests
//! included; groups, globs, renames and inline modules are followed. `lib.rs` re-exports and may name everything;
//! `main.rs` and the modules that it declares see only the public names, which the compiler checks.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::fs;
use std::path::{Path, PathBuf};

/// Settings and words for "where", which every module may import.
const EVERYONE_MAY_IMPORT: [&str; 2] = ["sgd", "convention"];

/// One line a module, deepest first: its name and what it may import, beside itself, [`EVERYONE_MAY_IMPORT`] and the
/// module that it is a part of. Whatever is imported stands on an earlier line.
#[rustfmt::skip]
const TABLE: [(&str, &[&str]); 25] = [
    ("sgd", &[]),
    ("convention", &[]),
    ("data", &[]),
    ("expression", &[]),
    ("root", &[]),
    ("density", &[]),
    ("snapshot", &[]),
    ("loss", &["data", "expression"]),
    ("noise", &["data", "loss", "root"]),
    ("process", &["data", "loss"]),
    ("sampling", &["process"]),
    ("language::diagnostic", &["expression"]),
    ("language", &["expression", "language::diagnostic"]),
    ("reading", &["expression", "sampling"]),
    ("reading::symbolic", &["expression"]),
    ("reading::instance", &["expression", "data", "loss"]),
    ("reading::exact", &["expression", "data", "loss", "root", "reading::instance"]),
    ("reading::sampled", &["expression", "data", "loss", "root", "process", "sampling", "reading::instance"]),
    ("verdict", &["expression", "reading", "reading::symbolic", "sampling"]),
    ("check", &["data", "expression", "language", "reading", "reading::instance", "reading::symbolic", "reading::exact", "reading::sampled", "sampling", "verdict", "loss", "noise"]),
    ("experiment", &["data", "expression", "loss", "root", "noise", "process", "sampling", "verdict"]),
    ("trace", &["data", "loss", "noise", "process", "sampling"]),
    ("systems", &["data", "expression", "loss", "root", "noise", "process", "sampling", "density", "verdict", "experiment", "trace"]),
    ("statements", &["check", "expression", "systems"]),
    ("report", &["check", "data", "expression", "language::diagnostic", "loss", "root", "noise", "reading", "reading::symbolic", "reading::exact", "reading::sampled", "sampling", "verdict", "experiment", "systems", "trace", "statements"]),
];

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    /// `::`
    Separator,
    Sign(char),
}

impl Token {
    fn is_word(&self, word: &str) -> bool {
        matches!(self, Self::Word(found) if found == word)
    }
}

/// Words and signs of Rust source, without comments, strings, characters and lifetimes.
fn tokens(source: &str) -> Vec<Token> {
    let text: Vec<char> = source.chars().collect();
    let next = |at: usize| text.get(at).copied().unwrap_or(' ');
    let (mut tokens, mut at) = (Vec::new(), 0);
    while at < text.len() {
        let c = text[at];
        if c.is_alphanumeric() || c == '_' {
            let start = at;
            while next(at).is_alphanumeric() || next(at) == '_' {
                at += 1;
            }
            let word: String = text[start..at].iter().collect();
            let hashes = text[at..].iter().take_while(|&&c| c == '#').count();
            if matches!(&word[..], "r" | "br" | "cr") && next(at + hashes) == '"' {
                at = after_raw_string(&text, at + hashes + 1, hashes);
            } else {
                tokens.push(Token::Word(word));
            }
            continue;
        }
        at = match (c, next(at + 1)) {
            ('/', '/') => at + text[at..].iter().take_while(|&&c| c != '\n').count(),
            ('/', '*') => after_comment(&text, at + 2),
            ('"', _) => after_quote(&text, at + 1, '"'),
            ('\'', '\\') => after_quote(&text, at + 1, '\''),
            ('\'', _) if next(at + 2) == '\'' => at + 3,
            (':', ':') => {
                tokens.push(Token::Separator);
                at + 2
            }
            _ => {
                if !c.is_whitespace() {
                    tokens.push(Token::Sign(c));
                }
                at + 1
            }
        };
    }
    tokens
}

/// The place after a literal that ends with `quote`, where a backslash takes the next character with it.
fn after_quote(text: &[char], mut at: usize, quote: char) -> usize {
    while at < text.len() && text[at] != quote {
        at += if text[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

fn after_raw_string(text: &[char], mut at: usize, hashes: usize) -> usize {
    let ends = |at: usize| text[at..].iter().skip(1).take_while(|&&c| c == '#').count() >= hashes;
    while at < text.len() && !(text[at] == '"' && ends(at)) {
        at += 1;
    }
    at + 1 + hashes
}

/// The place after a block comment, which may hold others.
fn after_comment(text: &[char], mut at: usize) -> usize {
    let mut depth = 1;
    while depth > 0 && at + 1 < text.len() {
        match (text[at], text[at + 1]) {
            ('*', '/') => depth -= 1,
            ('/', '*') => depth += 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
    }
    at
}

/// The paths that begin at `at`, a group giving several; returns the place after them.
fn paths(tokens: &[Token], at: usize, prefix: &[String], found: &mut Vec<Vec<String>>) -> usize {
    match tokens.get(at) {
        Some(Token::Sign('{')) => {
            let mut at = at + 1;
            while at < tokens.len() && tokens[at] != Token::Sign('}') {
                at = if tokens[at] == Token::Sign(',') { at + 1 } else { paths(tokens, at, prefix, found) };
            }
            at + 1
        }
        Some(Token::Word(word)) => {
            let path = [prefix, std::slice::from_ref(word)].concat();
            if tokens.get(at + 1) == Some(&Token::Separator) {
                return paths(tokens, at + 2, &path, found);
            }
            found.push(path);
            if tokens.get(at + 1).is_some_and(|t| t.is_word("as")) { at + 3 } else { at + 1 }
        }
        // A glob, or the type arguments of what came before.
        _ => {
            found.push(prefix.to_vec());
            at + 1
        }
    }
}

/// The module that a path names from within `module`, as segments from the root of the crate.
fn resolve(module: &[String], path: &[String]) -> Vec<String> {
    let mut place = module.to_vec();
    for segment in path {
        match &segment[..] {
            "crate" | "driftproof" => place.clear(),
            "self" => {}
            "super" => {
                place.pop();
            }
            name => place.push(name.to_owned()),
        }
    }
    place
}

/// Everything that the source of `module` names by a path, as segments from the root of the crate.
fn named(module: &str, source: &str) -> Vec<Vec<String>> {
    let tokens = tokens(source);
    let mut here: Vec<String> = module.split("::").map(str::to_owned).collect();
    let (mut depth, mut inline, mut result, mut at) = (0, Vec::new(), Vec::new(), 0);
    while at < tokens.len() {
        let before = |k: usize| at.checked_sub(k).map(|at| &tokens[at]);
        let after = tokens.get(at + 1);
        match &tokens[at] {
            Token::Sign('{') => depth += 1,
            Token::Sign('}') => {
                depth -= 1;
                if inline.last() == Some(&depth) {
                    inline.pop();
                    here.pop();
                }
            }
            Token::Word(name)
                if after == Some(&Token::Sign('{')) && before(1).is_some_and(|t| t.is_word("mod")) =>
            {
                inline.push(depth);
                here.push(name.clone());
            }
            Token::Word(word) => {
                let root = matches!(&word[..], "crate" | "super" | "driftproof");
                let starts = after == Some(&Token::Separator) && (root || word == "self")
                    || root && after.is_some_and(|t| t.is_word("as"));
                let visibility =
                    before(1).is_some_and(|t| t.is_word("in")) && before(2) == Some(&Token::Sign('('));
                if starts && !visibility && before(1) != Some(&Token::Separator) {
                    let mut found = Vec::new();
                    at = paths(&tokens, at, &[], &mut found);
                    result.extend(found.iter().map(|path| resolve(&here, path)));
                    continue;
                }
            }
            Token::Separator | Token::Sign(_) => {}
        }
        at += 1;
    }
    result
}

/// The line of the table for a path from the root: the longest name that it begins with.
fn line_of(path: &[String]) -> Option<(&'static str, &'static [&'static str])> {
    let begins = |name: &str| {
        let name: Vec<&str> = name.split("::").collect();
        name.len() <= path.len() && name.iter().zip(path).all(|(a, b)| a == b)
    };
    TABLE.into_iter().filter(|(name, _)| begins(name)).max_by_key(|(name, _)| name.len())
}

/// The arrows of one source file that are not in the table.
fn violations(module: &str, source: &str) -> Vec<String> {
    let own: Vec<String> = module.split("::").map(str::to_owned).collect();
    let Some((name, imports)) = line_of(&own) else {
        return vec![format!("{module} is not in the table; give it a line")];
    };
    let judge = |path: Vec<String>| {
        let text = path.join("::");
        let Some((target, _)) = line_of(&path) else {
            return Some(format!("{module} names crate::{text}; name the module that it comes from"));
        };
        let part = name.strip_prefix(target).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
        let fine = part || EVERYONE_MAY_IMPORT.contains(&target) || imports.contains(&target);
        (!fine).then(|| format!("{module} names crate::{text}, but {name} may not import {target}"))
    };
    named(module, source).into_iter().filter_map(judge).collect()
}

fn source_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            source_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// The module of a file in `src`: `a::b` for `a/b.rs` and for `a/b/mod.rs`.
fn module_of(file: &Path) -> String {
    let mut names: Vec<String> =
        file.with_extension("").iter().map(|name| name.to_str().unwrap().to_owned()).collect();
    names.pop_if(|last| last == "mod");
    names.join("::")
}

/// The modules that a crate root declares with `mod name;`.
fn declared(root: &str) -> Vec<String> {
    let tokens = tokens(root);
    let declares = |w: &[Token]| w[0].is_word("mod") && w[2] == Token::Sign(';');
    let name = |w: &[Token]| match &w[1] {
        Token::Word(name) => Some(name.clone()),
        Token::Separator | Token::Sign(_) => None,
    };
    tokens.windows(3).filter(|w| declares(w)).filter_map(name).collect()
}

#[test]
fn every_arrow_is_in_the_table() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let read = |file: &Path| fs::read_to_string(src.join(file)).unwrap();
    let of_program = declared(&read(Path::new("main.rs")));
    let of_library = declared(&read(Path::new("lib.rs")));
    let both: Vec<&String> = of_program.iter().filter(|name| of_library.contains(name)).collect();
    assert!(both.is_empty(), "{both:?} are compiled into library and program both; use the library's");
    let mut files = Vec::new();
    source_files(&src, &mut files);
    let (mut wrong, mut arrows) = (Vec::new(), 0);
    for file in files.iter().map(|file| file.strip_prefix(&src).unwrap()) {
        let module = module_of(file);
        let top = module.split("::").next().unwrap().to_owned();
        if matches!(&module[..], "lib" | "main") || of_program.contains(&top) {
            continue;
        }
        arrows += named(&module, &read(file)).len();
        wrong.extend(violations(&module, &read(file)));
    }
    assert!(wrong.is_empty(), "arrows that the table does not have:\n{}", wrong.join("\n"));
    assert!(arrows > files.len() / 2, "{arrows} paths in {} files: are they read at all?", files.len());
}

#[test]
fn the_table_has_no_circle() {
    for (line, (name, imports)) in TABLE.iter().enumerate() {
        for import in *imports {
            let earlier = TABLE[..line].iter().any(|(name, _)| name == import);
            assert!(earlier, "{name} may import {import}, which must stand on an earlier line");
        }
    }
}

#[test]
fn a_planted_arrow_is_found() {
    for (module, source) in [
        ("process", "use crate::noise::drift;"),
        ("process::sgd", "use crate::{data::Data, noise};"),
        ("process", "pub use crate::{loss::{Loss, Problem}, noise::{self as n, Drift}};"),
        ("process", "fn f() { let v = crate::noise::drift::<L>(&p); }"),
        ("process", "use crate::noise::*;"),
        ("process", "use super::noise;"),
        ("process::sgd", "use super::super::noise;"),
        ("process::sgd", "use super::{super::noise::Drift, Noise};"),
        ("process", "mod tests { use super::super::noise; }"),
        ("process", "mod a { mod b {} fn f() { g::<'_>('{'); } use self::super::super::noise; }"),
        ("process", "use driftproof::noise;"),
        ("process", "use crate as all; use all::noise;"),
        ("process", "use crate::{self as all};"),
        ("process", "use crate::*;"),
        ("process", "use crate::drift;"),
        ("process", "/* a comment /* in */ another */ use crate::noise;"),
        ("process", "const A: &str = \"\\\"\"; const B: &str = r#\"\"\"#; use crate::noise;"),
        ("reading::exact", "use super::sampled::Draws;"),
        ("reading::exact", "use crate::reading::symbolic::Proved;"),
        ("reading::symbolic::kernel", "use super::super::exact;"),
        ("report", "use crate::language::parse;"),
        ("experiment", "use crate::report::Table;"),
        ("loss", "use crate::sampling::Stream;"),
        ("utilities", ""),
    ] {
        assert!(!violations(module, source).is_empty(), "not found: {source} in {module}");
    }
}

#[test]
fn what_the_table_has_passes() {
    for (module, source) in [
        ("process", "use crate::{data::Data, loss::{Loss, Problem}, sgd::Sgd, convention};"),
        (
            "process::sgd",
            "use super::Noise; use crate::process::ensemble; mod tests { use super::super::Noise; }",
        ),
        ("process", "// use crate::noise;\n/// [`crate::noise`]\nconst NAME: &str = \"crate::noise\";"),
        ("process", "pub(in crate::process) fn f<'a>(x: &'a str) -> char { 'x' }"),
        ("process", "use std::fmt::{self, Debug}; use rand::Rng as _;"),
        ("reading::exact", "use super::Evidence; use crate::root;"),
        ("report", "use crate::language::diagnostic::Label;"),
        ("loss::program", "use super::recorded::{Recording, record}; use self::Builtin::Linear;"),
    ] {
        assert_eq!(violations(module, source), Vec::<String>::new(), "{source} in {module}");
    }
}
