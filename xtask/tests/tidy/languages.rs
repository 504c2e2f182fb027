//! A reference page says the same in Chinese and in English, as far as that can be told without reading either: sections of the
//! same levels, each with the same code, the same rows of tables and the same names.
//!
//! The English page's commands are run (`cargo xtask book`). The Chinese page shows the same ones, so it is not run, and need not
//! repeat what the English one runs unseen (`<!-- run sh … -->`).

use crate::workspace::{files, root, shown, text};
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use regex::Regex;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// What a language says in its own words within code.
static COMMENT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(^|\s+)(#|//) .*$").unwrap());

#[test]
fn reference_pages_say_the_same_in_both_languages() {
    let documents = root().join("docs");
    let versions = documents.join("zh/reference");
    let mut wrong = Vec::new();
    for english in files(&documents, ".md") {
        if english.parent() != Some(&documents) {
            continue;
        }
        let chinese = versions.join(english.file_name().unwrap());
        if !chinese.exists() {
            wrong.push(format!("{} is missing", shown(&chinese)));
            continue;
        }
        let differences = differences(&text(&chinese), &text(&english));
        wrong.extend(differences.iter().map(|says| format!("{}:{says}", shown(&chinese))));
    }
    for chinese in files(&versions, ".md") {
        let english = documents.join(chinese.file_name().unwrap());
        assert!(english.exists(), "{} has no English page", shown(&chinese));
    }
    assert!(
        wrong.is_empty(),
        "Chinese pages that have drifted from the English ones:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn pages_that_have_drifted_are_reported() {
    let english = "# Calls\n\n```sh\na --b # one\n```\n\n## More\n\n| name | |\n|---|---|\n| `x` | 1 |\n| `y` | `z` |\n";
    let same = "# 调用\n\n```sh\na --b # 一\n```\n\n## 更多\n\n| 名称 | |\n|---|---|\n| `x` | 一 |\n| `y` | `z` |\n";
    assert_eq!(differences(same, english), Vec::<String>::new());
    for (old, new, says) in [
        ("a --b", "a --c", "4: `a --c` is `a --b` in English (line 4)"),
        ("```sh", "```text", "3: `text` is `sh` in English (line 3)"),
        ("| `x` | 一 |\n", "", "11: `y` is `x` in English (line 11)"),
        ("| `y` | `z` |\n", "", "7: what English has in line 12 is missing: `y`"),
        ("| `z` |", "| `w` |", "7: this section lacks `z`, has `w`"),
        ("## 更多", "### 更多", "7: a heading of level h3 is of level h2 in English (line 7)"),
        ("## 更多\n", "", "1: 1 sections are 2 in English"),
    ] {
        let drifted = same.replace(old, new);
        assert!(differences(&drifted, english).contains(&says.to_owned()), "{drifted}: {says}");
    }
}

/// What a section has that is the same in every language.
struct Section {
    line: usize,
    level: HeadingLevel,
    /// Lines of code, and the languages of their blocks.
    code: Vec<Place>,
    /// The names in the first cells of tables.
    rows: Vec<Place>,
    /// All that is set as code within the text.
    names: BTreeSet<String>,
}

struct Place {
    line: usize,
    says: String,
}

/// Where and how a Chinese page differs; nothing is compared behind headings that don't correspond.
fn differences(chinese: &str, english: &str) -> Vec<String> {
    let (own, other) = (sections(chinese), sections(english));
    let mut found = Vec::new();
    for (own, other) in own.iter().zip(&other) {
        let line = own.line;
        if own.level != other.level {
            let (level, there) = (own.level, other.level);
            found.push(format!(
                "{line}: a heading of level {level} is of level {there} in English (line {})",
                other.line
            ));
            return found;
        }
        found.extend(first_difference(line, &own.code, &other.code));
        found.extend(first_difference(line, &own.rows, &other.rows));
        found.extend(other_names(own, other));
    }
    if own.len() != other.len() {
        found.push(format!("1: {} sections are {} in English", own.len(), other.len()));
    }
    found
}

fn first_difference(section: usize, own: &[Place], other: &[Place]) -> Option<String> {
    let same = own.iter().zip(other).take_while(|(own, other)| own.says == other.says).count();
    match (own.get(same), other.get(same)) {
        (None, None) => None,
        (Some(own), Some(other)) => Some(format!(
            "{}: `{}` is `{}` in English (line {})",
            own.line, own.says, other.says, other.line
        )),
        (Some(own), None) => Some(format!("{}: English has no `{}`", own.line, own.says)),
        (None, Some(other)) => Some(format!(
            "{section}: what English has in line {} is missing: `{}`",
            other.line, other.says
        )),
    }
}

fn other_names(own: &Section, other: &Section) -> Option<String> {
    let listed = |names: Vec<&String>| {
        names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    };
    let lacks = listed(other.names.difference(&own.names).collect());
    let has = listed(own.names.difference(&other.names).collect());
    let parts = [("lacks", lacks), ("has", has)].into_iter().filter(|(_, names)| !names.is_empty());
    let says: Vec<_> = parts.map(|(verb, names)| format!("{verb} {names}")).collect();
    (!says.is_empty()).then(|| format!("{}: this section {}", own.line, says.join(", ")))
}

fn sections(page: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut cell = None;
    let mut first = Vec::new();
    let mut is_code = false;
    for (event, range) in Parser::new_ext(page, Options::ENABLE_TABLES).into_offset_iter() {
        let line = page[..range.start].matches('\n').count() + 1;
        if let Event::Start(Tag::Heading { level, .. }) = event {
            let (code, rows, names) = (Vec::new(), Vec::new(), BTreeSet::new());
            sections.push(Section { line, level, code, rows, names });
        }
        let Some(section) = sections.last_mut() else { continue };
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                section.code.push(Place { line, says: info.into_string() });
                // The words of a drawing are its language's own.
                is_code = !page[range].contains('│');
            }
            Event::End(TagEnd::CodeBlock) => is_code = false,
            Event::Text(text) if is_code => section.code.extend(code(line, &text)),
            Event::Start(Tag::TableHead | Tag::TableRow) => cell = Some(0),
            Event::End(TagEnd::TableCell) => cell = cell.map(|cell: usize| cell + 1),
            Event::End(TagEnd::TableHead | TagEnd::TableRow) => {
                cell = None;
                section.rows.push(Place { line, says: std::mem::take(&mut first).join("`, `") });
            }
            Event::Code(name) => {
                if cell == Some(0) {
                    first.push(name.to_string());
                }
                section.names.insert(name.into_string());
            }
            _ => {}
        }
    }
    sections
}

/// Lines of code without comments.
fn code(from: usize, text: &str) -> Vec<Place> {
    let lines = (from..).zip(text.lines());
    let lines = lines.map(|(line, text)| Place { line, says: COMMENT.replace(text, "").into() });
    lines.filter(|place| !place.says.trim().is_empty()).collect()
}
