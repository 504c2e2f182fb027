//! The test command runs all there is to run.

use crate::workspace;
use cargo_metadata::TargetKind;

/// `cargo xtask test` builds with `--workspace`, and then names what it runs, target by target: one that it did not name
/// would be built and never run.
#[test]
fn every_test_target_is_in_the_test_command() {
    let command = workspace::text(&workspace::root().join("xtask/src/main.rs"));
    let named: Vec<_> = command.split("--test ").skip(1).map(first_word).collect();
    let metadata = workspace::metadata();
    let missing: Vec<_> = metadata
        .workspace_packages()
        .iter()
        .flat_map(|package| &package.targets)
        .filter(|target| target.kind.contains(&TargetKind::Test))
        .map(|target| target.name.as_str())
        .filter(|name| !named.contains(name))
        .collect();
    assert!(missing.is_empty(), "no stage of xtask runs --test {missing:?}");
}

fn first_word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}
