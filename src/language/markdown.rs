//! Where the statements stand in a file: everywhere in a bare text, between the fences of its `drift` blocks in Markdown.

use super::diagnostic::{Diagnostic, Label};
use std::ops::Range;

/// A part of the file that holds statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    /// Bytes of the file.
    pub(super) span: Range<usize>,
    /// Columns before the fence, which do not count as indentation.
    pub(super) indent: usize,
}

/// The blocks of a file: a name that ends in `.drift` is a bare text, and so is the standard input, `-`, if it has no
/// `drift` block. Errors are reported beside the blocks that were found.
pub(super) fn blocks(name: &str, text: &str) -> (Vec<Block>, Vec<Diagnostic>) {
    let whole = vec![Block { span: 0..text.len(), indent: 0 }];
    let bare = name.get(name.len().saturating_sub(6)..).is_some_and(|end| end.eq_ignore_ascii_case(".drift"));
    if bare {
        return (whole, vec![]);
    }
    let (blocks, mut errors) = fenced(text);
    if blocks.is_empty() && errors.is_empty() {
        if name == "-" {
            return (whole, vec![]);
        }
        let end = text.find('\n').unwrap_or(text.len());
        errors.push(
            Diagnostic::error("this file has no drift block", Label::new(0..end, "read as Markdown"))
                .note("put the statements between a line ```drift and a line ```")
                .note("a file whose name ends in .drift is statements from its first line on"),
        );
    }
    (blocks, errors)
}

/// An open fence.
struct Fence {
    /// The character that it is made of.
    sign: char,
    length: usize,
    indent: usize,
    /// Whether its block holds statements.
    drift: bool,
    /// The line without its end.
    line: Range<usize>,
    /// The first byte behind the line.
    behind: usize,
}

fn fenced(text: &str) -> (Vec<Block>, Vec<Diagnostic>) {
    let (mut blocks, mut errors) = (vec![], vec![]);
    let mut open: Option<Fence> = None;
    // The first line within a block of another kind that would open a drift block if that one were closed.
    let mut hidden: Option<Range<usize>> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let Some(fence) = &open else {
            (open, hidden) = (opens(line, start, &mut errors), None);
            continue;
        };
        if closes(fence, line) {
            if fence.drift {
                blocks.push(Block { span: fence.behind..start, indent: fence.indent });
            }
            open = None;
        } else if let Some(next) = opens(line, start, &mut vec![]).filter(|next| next.drift) {
            if fence.drift {
                errors.push(never_closed(fence));
                open = Some(next);
            } else {
                hidden.get_or_insert(next.line);
            }
        }
    }
    if let Some(fence) = open {
        match hidden {
            _ if fence.drift => errors.push(never_closed(&fence)),
            Some(line) => {
                let said = Diagnostic::error(
                    "this drift block stands in another block",
                    Label::new(line, "not read"),
                );
                errors.push(said.and(fence.line, "which is opened here and never closed"));
            }
            None => {}
        }
    }
    (blocks, errors)
}

fn never_closed(fence: &Fence) -> Diagnostic {
    Diagnostic::error("this drift block is never closed", Label::new(fence.line.clone(), "opened here"))
        .note(format!("close it with a line of {}", fence.sign.to_string().repeat(fence.length)))
}

/// The fence that a line opens.
fn opens(line: &str, start: usize, errors: &mut Vec<Diagnostic>) -> Option<Fence> {
    let bare = line.trim_start_matches([' ', '\t']);
    // Behind the marks of quotations and lists.
    let inner = bare.trim_start_matches(|c: char| c.is_ascii_digit() || " \t>-*+.)".contains(c));
    let sign = inner.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = inner.chars().take_while(|&c| c == sign).count();
    let info = inner[length..].trim();
    if length < 3 || (sign == '`' && info.contains('`')) {
        return None;
    }
    let word = info.split_whitespace().next().unwrap_or("");
    let shown = start..start + line.trim_end().len();
    let label = || Label::new(shown.clone(), "");
    let alone = inner.len() == bare.len();
    if !alone && word == "drift" {
        let said = Diagnostic::error("a drift block begins on a line of its own", label());
        errors.push(said.note("in a list it begins on the next line; in a quotation it is not read"));
    }
    if bare.starts_with('>') {
        return None;
    }
    let similar = word.trim_matches(|c: char| !c.is_alphanumeric()).eq_ignore_ascii_case("drift");
    if word != "drift" && similar {
        let said = Diagnostic::error(format!("{word} is no tag of a block that is read"), label());
        errors.push(said.note("write ```drift"));
    }
    let indent = columns(&line[..line.len() - bare.len()]);
    Some(Fence {
        sign,
        length,
        indent,
        drift: alone && word == "drift",
        line: shown,
        behind: start + line.len(),
    })
}

fn closes(fence: &Fence, line: &str) -> bool {
    let line = line.trim();
    line.chars().all(|c| c == fence.sign) && line.len() >= fence.length
}

/// The width of white space; a tab goes on to the next multiple of four.
pub(super) fn columns(space: &str) -> usize {
    space.chars().fold(0, |at, c| if c == '\t' { (at / 4 + 1) * 4 } else { at + 1 })
}
