//! Dependencies: their reasons, licences and doubles. `deny.toml` holds the lists, so that
//! `cargo deny check` and these tests judge by the same ones.

use crate::workspace::{metadata, root, text};
use cargo_metadata::Package;
use std::collections::BTreeMap;
use toml::{Table, Value};

fn deny() -> Table {
    text(&root().join("deny.toml")).parse().unwrap()
}

fn list<'a>(table: &'a Table, section: &str, name: &str) -> &'a [Value] {
    table[section][name].as_array().unwrap()
}

/// Licences that fit Apache-2.0; a package needs one of them.
fn allowed_licences(deny: &Table) -> Vec<&str> {
    list(deny, "licenses", "allow").iter().map(|licence| licence.as_str().unwrap()).collect()
}

/// Packages that may be built in two versions, and why that cannot be helped here.
fn allowed_doubles(deny: &Table) -> BTreeMap<&str, &str> {
    list(deny, "bans", "skip")
        .iter()
        .map(|skip| (skip["crate"].as_str().unwrap(), skip["reason"].as_str().unwrap()))
        .collect()
}

#[test]
fn every_package_has_a_licence_that_fits() {
    let deny = deny();
    let allowed = allowed_licences(&deny);
    for package in metadata().packages {
        let licence = package.license.clone().unwrap_or_default();
        assert!(fits(&licence, &allowed), "{} has the licence \"{licence}\"", package.name);
    }
    let fits = |licence| fits(licence, &allowed);
    assert!(fits("MIT/Apache-2.0") && fits("(MIT OR GPL-3.0) AND ISC"));
    assert!(!fits("GPL-3.0 AND MIT") && !fits("MIT AND (GPL-3.0 OR LGPL-3.0)") && !fits(""));
}

/// SPDX, as far as manifests use it: every part of an AND needs an alternative that fits.
fn fits(licence: &str, allowed: &[&str]) -> bool {
    let has_one = |part: &str| part.split(['/', '(', ')', ' ']).any(|word| allowed.contains(&word));
    licence.split(" AND ").all(has_one)
}

#[test]
fn every_dependency_has_its_line_of_reason() {
    let manifest = text(&root().join("Cargo.toml"));
    let (_, rest) = manifest.split_once("[workspace.dependencies]\n").unwrap();
    let (list, _) = rest.split_once("\n[").unwrap();
    for line in list.lines().filter(|line| line.contains('=') && !line.starts_with(['#', ' '])) {
        assert!(line.contains("# ") || line.starts_with("kaipiao-"), "no reason: {line}");
    }
}

#[test]
fn no_package_is_built_twice_without_a_reason() {
    let deny = deny();
    let allowed = allowed_doubles(&deny);
    let twice = built_twice();
    for (name, versions) in &twice {
        assert!(allowed.contains_key(name.as_str()), "{name} is built as {versions:?}");
    }
    for (name, reason) in allowed {
        assert!(twice.contains_key(name), "{name} is no longer built twice");
        assert!(!reason.is_empty(), "{name} is built twice without a reason");
    }
}

fn built_twice() -> BTreeMap<String, Vec<String>> {
    let metadata = metadata();
    let built = &metadata.resolve.as_ref().unwrap().nodes;
    let is_built = |package: &&Package| built.iter().any(|node| node.id == package.id);
    let mut versions = BTreeMap::<String, Vec<String>>::new();
    for package in metadata.packages.iter().filter(is_built) {
        versions.entry(package.name.to_string()).or_default().push(package.version.to_string());
    }
    versions.retain(|_, found| found.len() > 1);
    versions
}
