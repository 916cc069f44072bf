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
    span: Range<usize>,
}

fn fenced(text: &str) -> (Vec<Block>, Vec<Diagnostic>) {
    let (mut blocks, mut errors) = (vec![], vec![]);
    let mut open: Option<Fence> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        match &open {
            Some(fence) if closes(fence, line) => {
                if fence.drift {
                    blocks.push(Block { span: fence.span.end..start, indent: fence.indent });
                }
                open = None;
            }
            Some(_) => {}
            None => open = opens(line, start, &mut errors),
        }
    }
    if let Some(fence) = open.filter(|fence| fence.drift) {
        errors.push(
            Diagnostic::error("this drift block is never closed", Label::new(fence.span, "opened here"))
                .note(format!("close it with a line of {}", fence.sign.to_string().repeat(fence.length))),
        );
    }
    (blocks, errors)
}

/// The fence that a line opens.
fn opens(line: &str, start: usize, errors: &mut Vec<Diagnostic>) -> Option<Fence> {
    let quoted = line.trim_start_matches([' ', '\t', '>']);
    let bare = line.trim_start_matches([' ', '\t']);
    let sign = quoted.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = quoted.chars().take_while(|&c| c == sign).count();
    let info = quoted[length..].trim();
    if length < 3 || (sign == '`' && info.contains('`')) {
        return None;
    }
    let word = info.split_whitespace().next().unwrap_or("");
    let span = start..start + line.len();
    let label = || Label::new(start..start + line.trim_end().len(), "");
    if quoted.len() != bare.len() {
        if word == "drift" {
            errors.push(Diagnostic::error("a drift block inside a quotation is not read", label()));
        }
        return None;
    }
    if word != "drift" && word.trim_matches(|c: char| !c.is_alphanumeric()).eq_ignore_ascii_case("drift") {
        errors.push(
            Diagnostic::error(format!("{word} is no tag of a block that is read"), label())
                .note("write ```drift"),
        );
    }
    Some(Fence {
        sign,
        length,
        indent: columns(&line[..line.len() - bare.len()]),
        drift: word == "drift",
        span,
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
