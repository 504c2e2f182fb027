//! Links of the documents lead to files and headings that exist.

use crate::workspace::{files, fixture, root, shown, text};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use regex::Regex;
use std::path::Path;
use std::sync::LazyLock;

/// Links within HTML.
static ATTRIBUTE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"(?:href|src)="([^"]*)""#).unwrap());

#[test]
fn links_lead_somewhere() {
    let dead: Vec<_> = files(root(), ".md").iter().flat_map(|path| dead_links(path)).collect();
    assert!(dead.is_empty(), "links that lead nowhere:\n{}", dead.join("\n"));
}

#[test]
fn links_that_lead_nowhere_are_reported() {
    let page = fixture("links/page.md");
    let dead = ["absent.md", "#absent", "other.md#absent", "absent.png"];
    assert_eq!(dead_links(&page), dead.map(|link| format!("{}: {link}", shown(&page))));
}

fn dead_links(document: &Path) -> Vec<String> {
    let links = links(&text(document));
    let dead = links.into_iter().filter(|link| !is_elsewhere(link) && !leads(document, link));
    dead.map(|link| format!("{}: {link}", shown(document))).collect()
}

fn parser(text: &str) -> Parser<'_> {
    Parser::new_ext(text, Options::ENABLE_TABLES)
}

fn links(text: &str) -> Vec<String> {
    let mut links = Vec::new();
    for event in parser(text) {
        match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                links.push(dest_url.into_string());
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                links.extend(ATTRIBUTE.captures_iter(&html).map(|found| found[1].to_owned()));
            }
            _ => {}
        }
    }
    links
}

/// Another site, which this test leaves alone.
fn is_elsewhere(link: &str) -> bool {
    link.contains("://") || link.starts_with("mailto:")
}

fn leads(document: &Path, link: &str) -> bool {
    let (file, heading) = link.split_once('#').unwrap_or((link, ""));
    let there = match file {
        "" => document.to_owned(),
        file => document.parent().unwrap().join(file),
    };
    there.exists() && (heading.is_empty() || headings(&text(&there)).iter().any(|is| is == heading))
}

/// The anchors of a document's headings, as the usual hosts make them.
fn headings(text: &str) -> Vec<String> {
    let mut headings = Vec::<String>::new();
    let mut open = None::<String>;
    for event in parser(text) {
        match event {
            Event::Start(Tag::Heading { .. }) => open = Some(String::new()),
            Event::Text(text) | Event::Code(text) => {
                open.iter_mut().for_each(|heading| heading.push_str(&text));
            }
            Event::End(TagEnd::Heading(_)) => {
                let slug = slug(&open.take().unwrap_or_default());
                let same = headings.iter().filter(|heading| **heading == slug).count();
                headings.push(slug.clone());
                headings.extend((same > 0).then(|| format!("{slug}-{same}")));
            }
            _ => {}
        }
    }
    headings
}

fn slug(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    heading.to_lowercase().chars().filter(kept).map(|c| if c == ' ' { '-' } else { c }).collect()
}
