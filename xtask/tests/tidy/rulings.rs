//! Every ruling is kept by a test.

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
