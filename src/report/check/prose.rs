//! The prose of a derivation: Markdown as HTML in which nothing is loaded and no markup of its author's is taken over.

#![allow(clippy::wildcard_enum_match_arm, reason = "every other event is passed on as it is")]

use super::super::page::Markup;
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

/// The text between two blocks of statements, without the fences of these.
pub(super) fn between_fences(text: &str) -> &str {
    let is_fence = |line: &str| {
        let line = line.trim_start_matches([' ', '>']);
        line.starts_with("```") || line.starts_with("~~~")
    };
    let mut text = text.trim_matches('\n');
    if let Some(first) =
        text.lines().next().filter(|line| is_fence(line) && line.trim().chars().all(|c| "`~>".contains(c)))
    {
        text = text[first.len()..].trim_start_matches('\n');
    }
    if let Some(last) = text.lines().next_back().filter(|line| is_fence(line) && line.contains("drift")) {
        text = text[..text.len() - last.len()].trim_end_matches('\n');
    }
    text
}

fn events(markdown: &str) -> Parser<'_> {
    Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH)
}

/// The first heading of the first level.
pub(super) fn title(markdown: &str) -> Option<String> {
    let mut found: Option<String> = None;
    for event in events(markdown) {
        match event {
            Event::Start(Tag::Heading { level: HeadingLevel::H1, .. }) => found = Some(String::new()),
            Event::End(TagEnd::Heading(HeadingLevel::H1)) => return found,
            Event::Text(text) | Event::Code(text) => {
                if let Some(found) = &mut found {
                    found.push_str(&text);
                }
            }
            _ => {}
        }
    }
    None
}

/// As HTML, headings one level deeper and those of the first level left out: they are the title of the section.
pub(super) fn html(markdown: &str) -> Markup {
    let mut in_title = false;
    let events = events(markdown).filter_map(|event| match event {
        Event::Start(Tag::Heading { level: HeadingLevel::H1, .. }) => {
            in_title = true;
            None
        }
        Event::End(TagEnd::Heading(HeadingLevel::H1)) => {
            in_title = false;
            None
        }
        _ if in_title => None,
        Event::Start(Tag::Heading { level, .. }) => {
            let (level, classes, attrs) = (deeper(level), vec![], vec![]);
            Some(Event::Start(Tag::Heading { level, id: None, classes, attrs }))
        }
        Event::End(TagEnd::Heading(level)) => Some(Event::End(TagEnd::Heading(deeper(level)))),
        Event::Html(text) | Event::InlineHtml(text) => Some(Event::Text(text)),
        // A picture is something to be loaded; what stands for it is kept.
        Event::Start(Tag::Image { .. }) => Some(Event::Start(Tag::Emphasis)),
        Event::End(TagEnd::Image) => Some(Event::End(TagEnd::Emphasis)),
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            let dest_url = if is_harmless(&dest_url) { dest_url } else { "#".into() };
            Some(Event::Start(Tag::Link { link_type, dest_url, title, id }))
        }
        other => Some(other),
    });
    let mut out = String::new();
    html::push_html(&mut out, events);
    Markup::trusted(out)
}

fn deeper(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 => HeadingLevel::H2,
        HeadingLevel::H2 => HeadingLevel::H3,
        HeadingLevel::H3 => HeadingLevel::H4,
        HeadingLevel::H4 => HeadingLevel::H5,
        HeadingLevel::H5 | HeadingLevel::H6 => HeadingLevel::H6,
    }
}

/// Whether a link leads to a page or a place, and runs nothing.
fn is_harmless(url: &str) -> bool {
    let scheme = url.split(['/', '#', '?']).next().unwrap_or("");
    match scheme.split_once(':') {
        Some((scheme, _)) => {
            ["http", "https", "mailto"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
        }
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_runs_and_nothing_is_loaded() {
        let text = "# T\n\na <script>alert(1)</script> ![pic](http://x/y.png) [l](javascript:alert(1)) [m](https://a.b)\n\n<img src=x>\n";
        let page = html(text).as_str().to_owned();
        assert!(
            !page.contains("<script") && !page.contains("<img") && !page.contains("javascript:"),
            "{page}"
        );
        assert!(page.contains("<em>pic</em>") && page.contains("https://a.b"), "{page}");
        assert!(!page.contains("<h1"), "the title is the section's");
        assert_eq!(title(text).as_deref(), Some("T"), "and is known");
    }

    #[test]
    fn fences_are_left_out_and_other_blocks_are_kept() {
        assert_eq!(between_fences("```\n\nprose\n\n```drift\n"), "prose", "both fences");
        assert_eq!(
            between_fences("```\n\n~~~text\ncode\n~~~\n\nmore\n\n```drift\n"),
            "~~~text\ncode\n~~~\n\nmore",
            "a block"
        );
        assert_eq!(between_fences("## A heading"), "## A heading", "no fence");
    }
}
