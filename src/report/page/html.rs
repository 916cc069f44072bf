//! Writes a [`Document`] as HTML.

use super::{Block, Cell, Document, Markup, Picture, STYLE, Section, Table, Tone, escape, identifier};
use std::io::{self, Write};

/// The deepest heading of HTML.
const DEEPEST: u8 = 6;

/// A page may show what is in it and load nothing.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

pub(super) fn write(document: &Document, out: &mut impl Write) -> io::Result<()> {
    let title = escape(&document.title);
    writeln!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"generator\" content=\"driftproof {}\">\n<title>{title}</title>\n<style>\n{STYLE}{}</style>\n\
         </head>\n<body>\n<a class=\"skip\" href=\"#content\">Skip to the content</a>\n<header>\n<h1>{title}</h1>\n\
         <p>{}</p>\n</header>",
        env!("CARGO_PKG_VERSION"),
        crate::report::figure::STYLE,
        escape(&document.lead)
    )?;
    contents(&document.sections, out)?;
    writeln!(out, "<main id=\"content\">")?;
    for (number, section) in document.sections.iter().enumerate() {
        let id = section_id(number, section);
        writeln!(
            out,
            "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{}</h2>",
            escape(&section.heading)
        )?;
        blocks(&section.blocks, 3, out)?;
        writeln!(out, "</section>")?;
    }
    writeln!(out, "</main>\n<footer>\n<p>driftproof {}</p>\n</footer>", env!("CARGO_PKG_VERSION"))?;
    writeln!(out, "</body>\n</html>")
}

/// Unique in the page, and apart from the names that the page itself and its drawings use.
fn section_id(number: usize, section: &Section) -> String {
    format!("section-{}-{}", number + 1, identifier(&section.id))
}

/// Links to the sections, where there are several.
fn contents(sections: &[Section], out: &mut impl Write) -> io::Result<()> {
    if sections.len() < 2 {
        return Ok(());
    }
    writeln!(out, "<nav aria-label=\"Contents\">\n<ol>")?;
    for (number, section) in sections.iter().enumerate() {
        let id = section_id(number, section);
        write!(out, "<li><a href=\"#{id}\">{}</a>", escape(&section.heading))?;
        if let Some((tone, word)) = &section.remark {
            write!(out, " {}", badge(*tone, word))?;
        }
        writeln!(out, "</li>")?;
    }
    writeln!(out, "</ol>\n</nav>")
}

/// Escapes a sentence; what stands between backticks is set as code.
fn with_code(text: &str) -> String {
    let pieces: Vec<&str> = text.split('`').collect();
    if pieces.len().is_multiple_of(2) {
        return escape(text);
    }
    let piece = |(k, piece): (usize, &&str)| match k % 2 {
        0 => escape(piece),
        _ => format!("<code>{}</code>", escape(piece)),
    };
    pieces.iter().enumerate().map(piece).collect()
}

fn badge(tone: Tone, word: &str) -> String {
    format!("<span class=\"badge {}\">{}</span>", tone.class(), escape(word))
}

fn blocks(blocks: &[Block], level: u8, out: &mut impl Write) -> io::Result<()> {
    blocks.iter().try_for_each(|block| write_block(block, level, out))
}

fn write_block(block: &Block, level: u8, out: &mut impl Write) -> io::Result<()> {
    match block {
        Block::Paragraph(text) => writeln!(out, "<p>{}</p>", with_code(text)),
        Block::Verdict { tone, word, text } => {
            writeln!(out, "<p class=\"verdict\">{} {}</p>", badge(*tone, word), escape(text))
        }
        Block::Verbatim(text) => writeln!(out, "<pre tabindex=\"0\">{}</pre>", escape(text)),
        Block::List(items) => {
            writeln!(out, "<ul>")?;
            items.iter().try_for_each(|item| writeln!(out, "<li>{}</li>", escape(item)))?;
            writeln!(out, "</ul>")
        }
        Block::Terms(terms) => {
            writeln!(out, "<dl>")?;
            for (name, meaning) in terms {
                writeln!(out, "<div><dt>{}</dt><dd>{}</dd></div>", escape(name), escape(meaning))?;
            }
            writeln!(out, "</dl>")
        }
        Block::Table(of) => table(of, out),
        Block::Pictures(pictures) => {
            writeln!(out, "<div class=\"pictures\">")?;
            pictures.iter().try_for_each(|of| picture(of, out))?;
            writeln!(out, "</div>")
        }
        Block::Markup(markup) => {
            writeln!(out, "<div class=\"scroll\">{}</div>", markup.as_str())
        }
        Block::Prose(markup) => writeln!(out, "<div class=\"prose\">{}</div>", markup.as_str()),
        Block::Card { heading, tone, word, blocks: within } => {
            let level = level.min(DEEPEST);
            writeln!(out, "<article class=\"card {}\">", tone.class())?;
            writeln!(out, "<h{level}>{} {}</h{level}>", escape(heading), badge(*tone, word))?;
            blocks(within, level + 1, out)?;
            writeln!(out, "</article>")
        }
        Block::Details { summary, blocks: within } => {
            writeln!(out, "<details>\n<summary>{}</summary>", escape(summary))?;
            blocks(within, level, out)?;
            writeln!(out, "</details>")
        }
        Block::Part { heading, blocks: below } => {
            let level = level.min(DEEPEST);
            writeln!(out, "<h{level}>{}</h{level}>", escape(heading))?;
            blocks(below, level + 1, out)
        }
    }
}

fn table(table: &Table, out: &mut impl Write) -> io::Result<()> {
    let caption = escape(&table.caption);
    // What scrolls must be reached by the keyboard, and have a name.
    writeln!(out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{caption}\">\n<table>")?;
    writeln!(out, "<caption>{caption}</caption>\n<thead>\n<tr>")?;
    for (name, number) in &table.columns {
        writeln!(out, "<th scope=\"col\"{}>{}</th>", class(*number, Tone::Neutral), escape(name))?;
    }
    writeln!(out, "</tr>\n</thead>\n<tbody>")?;
    for row in &table.rows {
        writeln!(out, "<tr>")?;
        for (place, Cell { content: Markup(content), tone, number }) in row.iter().enumerate() {
            let class = class(*number, *tone);
            match place {
                0 => writeln!(out, "<th scope=\"row\"{class}>{content}</th>")?,
                _ => writeln!(out, "<td{class}>{content}</td>")?,
            }
        }
        writeln!(out, "</tr>")?;
    }
    writeln!(out, "</tbody>\n</table>\n</div>")?;
    notes(&table.notes, out)
}

fn notes(notes: &[String], out: &mut impl Write) -> io::Result<()> {
    notes.iter().try_for_each(|note| writeln!(out, "<p class=\"note\">{}</p>", escape(note)))
}

fn class(number: bool, tone: Tone) -> String {
    match (number, tone) {
        (false, Tone::Neutral) => String::new(),
        (true, Tone::Neutral) => " class=\"number\"".to_owned(),
        (false, tone) => format!(" class=\"{}\"", tone.class()),
        (true, tone) => format!(" class=\"number {}\"", tone.class()),
    }
}

fn picture(picture: &Picture, out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "<figure>\n<figcaption>{}</figcaption>\n{}",
        escape(&picture.caption),
        picture.drawing.as_str()
    )?;
    notes(&picture.notes, out)?;
    writeln!(out, "</figure>")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text that would do harm wherever it were not escaped.
    const LIE: &str = "</title></style><script>alert('1' & \"2\")</script>\u{0}";

    fn document() -> Document {
        let text = || LIE.to_owned();
        let table = Table {
            caption: text(),
            columns: vec![(text(), false), (text(), true)],
            rows: vec![vec![
                Cell::text(LIE),
                Cell::number(LIE).toned(Tone::Bad),
                Cell::lines(&[text(), text()]),
            ]],
            notes: vec![text()],
        };
        let picture = Picture { caption: text(), drawing: Markup::text(LIE), notes: vec![text()] };
        let blocks = vec![
            Block::Paragraph(text()),
            Block::Verdict { tone: Tone::Good, word: text(), text: text() },
            Block::Verbatim(text()),
            Block::List(vec![text()]),
            Block::Terms(vec![(text(), text())]),
            Block::Table(table),
            Block::Pictures(vec![picture]),
            Block::Markup(Markup::trusted("<math></math>".to_owned())),
            Block::Verbatim(text()),
            Block::Prose(Markup::text(LIE)),
            Block::Card {
                heading: text(),
                tone: Tone::Bad,
                word: text(),
                blocks: vec![Block::Paragraph(text())],
            },
            Block::Details { summary: text(), blocks: vec![Block::Paragraph(text())] },
            Block::Part { heading: text(), blocks: vec![Block::Paragraph(text())] },
        ];
        let section = Section { id: text(), heading: text(), remark: Some((Tone::Doubtful, text())), blocks };
        Document { title: text(), lead: text(), sections: vec![section.clone(), section] }
    }

    fn page(document: &Document) -> String {
        let mut out = Vec::new();
        document.write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn no_text_becomes_markup() {
        let page = page(&document());
        assert!(!page.contains("<script") && !page.contains('\u{0}'), "{page}");
        assert_eq!(page.matches("</title>").count(), 1, "the page's own");
        assert_eq!(page.matches("</style>").count(), 1, "the page's own");
        assert!(page.contains("<math></math>"), "markup stays");
        let escaped = "&lt;script&gt;alert(&#39;1&#39; &amp; &quot;2&quot;)";
        assert_eq!(page.matches(escaped).count(), 2 * 31 + 3, "every text is there");
    }

    #[test]
    fn elements_are_closed_in_order_and_names_are_unique() {
        let page = page(&document());
        let mut open: Vec<&str> = Vec::new();
        let mut ids: Vec<&str> = Vec::new();
        for piece in page.split('<').skip(1) {
            let (tag, _) = piece.split_once('>').unwrap();
            ids.extend(tag.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()));
            let name = tag.split([' ', '\n']).next().unwrap();
            match name.strip_prefix('/') {
                Some(name) => assert_eq!(open.pop(), Some(name), "{piece}"),
                None if matches!(name, "meta" | "br") || name.starts_with('!') => {}
                None => open.push(name),
            }
        }
        assert!(open.is_empty(), "{open:?}");
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all, "{ids:?}");
    }

    #[test]
    fn headings_never_skip_a_level() {
        let mut deep = vec![Block::Paragraph("at the bottom".to_owned())];
        for _ in 0..8 {
            deep = vec![Block::Part { heading: "part".to_owned(), blocks: deep }];
        }
        let mut document = document();
        document.sections[0].blocks = deep;
        let page = page(&document);
        let levels: Vec<u32> = page
            .split("<h")
            .skip(1)
            .filter_map(|rest| rest.chars().next().and_then(|c| c.to_digit(10)))
            .collect();
        assert_eq!(levels.first(), Some(&1), "the title is first");
        assert!(levels.windows(2).all(|w| w[1] <= w[0] + 1) && levels.contains(&6), "{levels:?}");
    }

    #[test]
    fn a_page_of_one_section_has_no_contents() {
        let mut document = document();
        document.sections.truncate(1);
        assert!(!page(&document).contains("<nav"), "nothing to choose from");
        document.sections.clear();
        assert!(page(&document).contains("<main"), "and an empty page is one");
    }
}
