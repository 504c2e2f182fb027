//! No circles between files, in any target of the workspace.
//!
//! File A needs file B when code of A that is not only for its unit tests (`#[cfg(test)]`) names
//! an item of B: by `use`, by a path in place (`crate::`, `self::`, `super::`, or a name that is in
//! scope), by a path inside of a macro's tokens, or by one in an attribute's text. Renames, globs
//! and re-exports are followed to the file that defines the item.
//!
//! `mod b;` alone needs nothing of `b`, nor does `pub use b::Item`, which only passes a name on.
//! Whoever uses that name needs the file that defines the item, also the file that passes it on.
//! So a parent that uses its child's items and a child that uses its parent's are a circle.
//!
//! Method calls are not seen, since finding their file takes types; those of a type that other
//! files name too have an edge by that name.

mod components;
mod names;
mod needs;
mod tokens;
mod tree;

use crate::workspace::{fixture, metadata, root};
use components::{Circle, circles};
use needs::Need;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tree::Tree;

#[test]
fn files_form_no_circles() {
    let mut report = Vec::new();
    for package in metadata().workspace_packages() {
        for target in &package.targets {
            for circle in of_target(target.src_path.as_std_path()) {
                report.push(format!("{} ({}):", package.name, target.name));
                report.extend(listing(&circle, root()));
            }
        }
    }
    assert!(report.is_empty(), "files need each other in a circle:\n{}", report.join("\n"));
}

fn of_target(source: &Path) -> Vec<Circle> {
    circles(needs::of(&Tree::read(source)))
}

/// A line for each file that needs another one of the circle: what it names, and where first.
fn listing(circle: &Circle, above: &Path) -> Vec<String> {
    let mut edges = BTreeMap::<_, BTreeMap<_, usize>>::new();
    for Need { by, of, name, line } in &circle.needs {
        let first = edges.entry((by, of)).or_default().entry(name).or_insert(*line);
        *first = (*first).min(*line);
    }
    let file = |path: &Path| path.strip_prefix(above).unwrap_or(path).display().to_string();
    let names = |names: BTreeMap<&String, usize>| {
        let names: Vec<_> = names.iter().map(|(name, line)| format!("{name}:{line}")).collect();
        names.join(", ")
    };
    let line = |((by, of), named): ((&PathBuf, &PathBuf), _)| {
        format!("{} -> {}  {}", file(by), file(of), names(named))
    };
    edges.into_iter().map(line).collect()
}

/// What is reported of a fixture's crate.
fn reported(name: &str) -> Vec<String> {
    let folder = fixture("circles").join(name);
    let circles = of_target(&folder.join("lib.rs"));
    circles.iter().flat_map(|circle| listing(circle, &folder)).collect()
}

#[test]
fn circles_by_use_are_reported() {
    let listing = ["invoice.rs -> order.rs  Order:3, State:3", "order.rs -> invoice.rs  Invoice:3"];
    assert_eq!(reported("by_use"), listing);
}

#[test]
fn circles_through_a_re_export_are_reported() {
    let listing =
        ["buyer.rs -> order/number.rs  Number:3", "order/number.rs -> buyer.rs  *:3, Buyer:6"];
    assert_eq!(reported("by_re_export"), listing);
}

#[test]
fn circles_by_paths_in_place_are_reported() {
    let listing = [
        "jobs.rs -> store.rs  open:4",
        "store/disk.rs -> jobs.rs  LIMIT:5",
        "store.rs -> store/disk.rs  sync:12, write:7",
    ];
    assert_eq!(reported("by_path"), listing);
}

#[test]
fn parents_and_children_that_use_each_other_are_reported() {
    let listing = ["lib.rs -> page.rs  draw:9", "page.rs -> lib.rs  Canvas:3"];
    assert_eq!(reported("parent_and_child"), listing);
}

#[test]
fn what_only_looks_like_a_circle_is_not_reported() {
    assert_eq!(reported("none"), [""; 0]);
}
