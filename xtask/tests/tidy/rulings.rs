//! Every ruling is kept by a test, and what is named as one is there.

use crate::workspace::{files, root, text};

#[test]
fn every_ruling_has_a_test_that_exists() {
    let code: String = files(root(), ".rs").iter().map(|path| text(path)).collect();
    let rulings = text(&root().join("spec/deviations.md"));
    for (index, line) in rulings.lines().filter(|line| line.starts_with("| D-")).enumerate() {
        let columns: Vec<_> = line.split('|').map(str::trim).collect();
        assert_eq!(columns[1], format!("D-{:02}", index + 1), "rulings are numbered in order");
        let test = columns[3].trim_matches('`');
        // A ruling that something is *not* done has no test, and says why in its text.
        let is_kept = test == "–" || code.contains(&format!("fn {test}("));
        assert!(is_kept, "{}: no test is called {test}", columns[1]);
    }
}

/// Names of tests stand in the text of rulings too, and in ARCHITECTURE.md's table of what must never happen.
#[test]
fn every_test_that_is_named_exists() {
    let code: String = files(root(), ".rs").iter().map(|path| text(path)).collect();
    for document in ["ARCHITECTURE.md", "spec/deviations.md"] {
        let text = text(&root().join(document));
        for name in text.split('`').skip(1).step_by(2).filter(|name| is_like_a_test(name)) {
            assert!(code.contains(name), "{document}: nothing is called {name}");
        }
    }
}

/// Whether a name is a sentence, as those of tests are.
fn is_like_a_test(name: &str) -> bool {
    let is_snake_case =
        name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    is_snake_case && name.matches('_').count() >= 3
}
