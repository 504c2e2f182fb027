//! What can be cited of a reference page in `spec/`.

use regex::{Captures, Regex};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// `## 2.3 Error codes`, `### a. Two generations`.
static HEADING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^#{1,6}[ \t]+(?:([0-9]+(?:\.[0-9]+)*)[.:)]?|([a-z])[.:)])[ \t]").unwrap()
});
/// `37. An item`, `| 37 | a row |`.
static ITEM: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^[ \t]*(?:([0-9]+)\.[ \t]|\| *([0-9]+) *\|)").unwrap());
/// `| A16 | a row |`, `| D-33 | a row |`, `| 3.10 | a row |`.
static ROW: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\| *([A-Z]-?[0-9]+|[0-9]+\.[0-9]+) *\|").unwrap());

/// The numbers and letters of headings (`2.3`, `a`), the ids of rows (`A16`, `D-33`), and what is
/// numbered below a heading, in both ways of citing it (`6.1 no. 37`, `3.10`).
pub fn of_page(page: &str) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    let mut heading = String::new();
    for line in page.lines() {
        if line.starts_with('#') {
            heading = HEADING.captures(line).map(|found| either(&found)).unwrap_or_default();
            anchors.insert(heading.clone());
        } else if let Some(row) = ROW.captures(line) {
            anchors.insert(row[1].to_owned());
        } else if let Some(item) = ITEM.captures(line) {
            let number = either(&item);
            anchors.insert(format!("{heading} no. {number}"));
            anchors.insert(format!("{heading}.{number}"));
        }
    }
    anchors
}

/// What the first or the second group caught.
fn either(found: &Captures) -> String {
    found.get(1).or(found.get(2)).unwrap().as_str().to_owned()
}

#[test]
fn headings_rows_and_items_are_anchors() {
    let page = "# Title\n## 3. Wire\n1. One.\n10. Ten.\n### 6.1 Bugs\n| # | what |\n| 37 | x |\n\
                ### a. Face\n### b is no id\n| A16 | keys |\n| 4.7 | row |\n| D-33 | push |\n";
    let anchors = of_page(page);
    for anchor in ["3", "3.10", "3 no. 1", "6.1", "6.1 no. 37", "a", "A16", "4.7", "D-33"] {
        assert!(anchors.contains(anchor), "{anchor} is not among {anchors:?}");
    }
    assert!(!anchors.contains("6.1 no. 3") && !anchors.contains("b"));
}
