//! What comments and documents cite is in the repository: every anchor of a reference page exists,
//! and no other document is cited.
//!
//! A citation is a page's name and its anchors: `wire_facts 2.3`, `wire_facts 6.1 no. 37`,
//! `clients A8, A9`, `clients 3.10`, `invoice_face a`; a ruling is cited by its number, `D-33`.

use crate::anchors::of_page;
use crate::workspace::{files, fixture, root, shown, text};
use regex::{Captures, Regex, RegexBuilder};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

/// Where citations are looked for.
const ENDINGS: &[&str] = &[".rs", ".toml", ".sql", ".html", ".css", ".py", ".md"];

/// The pages by the names that citations have for them.
const PAGES: &[&str] = &["wire_facts", "clients", "invoice_face", "deviations"];

/// A page's name with what follows it, which may be further anchors of the same page.
static CITATION: LazyLock<Regex> = LazyLock::new(|| {
    let number = r"[0-9]+(?:\.[0-9]+)*";
    let numbered = format!(r"{number}(?:,?\s+nos?\.\s+[0-9]+)?");
    let next = r"\s*(?:,|–|-|\band\b|\bor\b|\bto\b)\s*";
    let list = |page: &str, one: &str| format!(r"\b({page})\s+((?:{one})(?:{next}(?:{one}))*)");
    let lists = [
        list("wire_facts", &numbered),
        list("clients", &format!(r"A[0-9]+\b|{number}\b")),
        list("invoice_face", r"[a-z]\b"),
    ];
    pattern(&lists.join("|"))
});
/// One of the anchors of a list; an item goes with the number before it.
static ANCHOR: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(A?[0-9]+(?:\.[0-9]+)*)(?:,?\s+nos?\.\s+([0-9]+))?|\b([a-z])\b"));
static RULING: LazyLock<Regex> = LazyLock::new(|| pattern(r"\bD-[0-9]+\b"));
/// A page's name that has no anchor behind it, and is not a file's name.
static NAKED: LazyLock<Regex> = LazyLock::new(|| {
    let pages = ["wire_facts", "invoice_face"].join("|");
    pattern(&format!(r"\b({pages})(?:[,;:)]|\.\s|\s+[A-Z(]|\s+[a-z]{{2}})"))
});
/// Documents that the code was once written from.
static ELSEWHERE: LazyLock<Regex> = LazyLock::new(|| {
    let numbered = r"(?:facts|rulings|design)\s+[0-9]+(?:\.[0-9]+)*";
    pattern(&format!(r"\b(?:{numbered}|rulings,\s+[A-Z][a-z]*|invoice[-]standards)"))
});
/// What begins a comment's line.
static MARKS: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^[ \t]*(?://[/!]?|#|--|\*)"));

/// Citations are ASCII, and are found much faster if the patterns know.
fn pattern(text: &str) -> Regex {
    RegexBuilder::new(text).unicode(false).build().unwrap()
}

type Anchors = BTreeMap<&'static str, BTreeSet<String>>;

#[test]
fn what_is_cited_is_in_the_repository() {
    let anchors = anchors();
    let cited = ENDINGS.iter().flat_map(|ending| files(root(), ending));
    let wrong: Vec<_> = cited.flat_map(|path| complaints(&path, &anchors)).collect();
    assert!(wrong.is_empty(), "cited, but not there:\n{}", wrong.join("\n"));
}

#[test]
fn what_is_cited_and_not_there_is_reported() {
    let page = "## 1. Tokens\n## 6.1 Bugs\n| 37 | x |\n| A16 | x |\n| D-01 | x |\n### a. Face\n";
    let anchors = PAGES.iter().map(|name| (*name, of_page(page))).collect();
    let path = fixture("citations/cites.rs");
    let says = complaints(&path, &anchors);
    let lines = says.iter().map(|says| says.strip_prefix(&format!("{}:", shown(&path))).unwrap());
    let expected = text(&fixture("citations/complaints.txt"));
    assert_eq!(lines.collect::<Vec<_>>(), expected.lines().collect::<Vec<_>>());
}

/// A page that is not written yet has no anchors.
fn anchors() -> Anchors {
    let read = |name: &str| {
        let path = root().join(format!("spec/{name}.md"));
        if path.exists() { of_page(&text(&path)) } else { BTreeSet::new() }
    };
    PAGES.iter().map(|name| (*name, read(name))).collect()
}

fn complaints(path: &Path, anchors: &Anchors) -> Vec<String> {
    let text = text(path);
    let text = if path.extension().is_some_and(|is| is == "md") { text } else { unmarked(&text) };
    let mut found = Vec::new();
    found.extend(unknown_anchors(&text, anchors));
    found.extend(unknown_rulings(&text, &anchors["deviations"]));
    found.extend(NAKED.captures_iter(&text).map(|naked| {
        let name = naked.get(1).unwrap();
        (name.start(), format!("{} is cited without an anchor", name.as_str()))
    }));
    found.extend(ELSEWHERE.find_iter(&text).map(|elsewhere| {
        (elsewhere.start(), format!("{} is in no document here", one_line(elsewhere.as_str())))
    }));
    found.extend(missing_documents(&text, path));
    found.sort();
    let line = |at: usize| text[..at].matches('\n').count() + 1;
    found.into_iter().map(|(at, says)| format!("{}:{}: {says}", shown(path), line(at))).collect()
}

/// The text with its comments' marks blanked: a citation may go on in the next line.
fn unmarked(text: &str) -> String {
    MARKS.replace_all(text, |mark: &Captures| " ".repeat(mark[0].len())).into_owned()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn unknown_anchors(text: &str, anchors: &Anchors) -> Vec<(usize, String)> {
    let mut unknown = Vec::new();
    for citation in CITATION.captures_iter(text) {
        let mut parts = citation.iter().skip(1).flatten();
        let (page, list) = (parts.next().unwrap(), parts.next().unwrap());
        for anchor in ANCHOR.captures_iter(list.as_str()).map(|found| anchor(&found)) {
            if !anchors[page.as_str()].contains(&anchor) {
                unknown.push((page.start(), format!("{} has no {anchor}", page.as_str())));
            }
        }
    }
    unknown
}

fn anchor(found: &Captures) -> String {
    match (found.get(1), found.get(2)) {
        (Some(number), Some(item)) => format!("{} no. {}", number.as_str(), item.as_str()),
        (Some(number), None) => number.as_str().to_owned(),
        _ => found[3].to_owned(),
    }
}

fn unknown_rulings(text: &str, rulings: &BTreeSet<String>) -> Vec<(usize, String)> {
    let cited = RULING.find_iter(text).filter(|ruling| !rulings.contains(ruling.as_str()));
    cited.map(|ruling| (ruling.start(), format!("deviations has no {}", ruling.as_str()))).collect()
}

/// Documents are named from a folder above the file that names them, or from its own. A name in
/// quotes is code, which finds out itself.
fn missing_documents(text: &str, path: &Path) -> Vec<(usize, String)> {
    let is_there = |name: &str| path.ancestors().skip(1).any(|folder| folder.join(name).exists());
    let named = text.match_indices(".md").filter_map(|(end, _)| document(text, end));
    let missing = named.filter(|(_, name)| !is_there(name));
    missing.map(|(at, name)| (at, format!("{name} is not in the repository"))).collect()
}

/// A document's place in the text and its name, of which the ending is known.
fn document(text: &str, ending: usize) -> Option<(usize, &str)> {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || "_./-:".contains(c);
    let start = text[..ending].trim_end_matches(is_of_name).len();
    let name = &text[start..ending + ".md".len()];
    let is_more = text[ending + ".md".len()..].starts_with(|c: char| c.is_ascii_alphanumeric());
    let is_code = text[..start].ends_with('"');
    (start < ending && !is_more && !is_code && !name.contains("://")).then_some((start, name))
}
