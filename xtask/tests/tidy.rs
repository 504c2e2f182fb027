//! Rules of the workspace, as tests over `cargo metadata`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

/// The floors: what each crate may use of the others. Arrows point down only.
const EDGES: &[(&str, &[&str])] = &[
    ("kaipiao-errcode", &[]),
    ("kaipiao-domain", &["errcode"]),
    ("kaipiao-wire", &["domain", "errcode"]),
    ("kaipiao-seams", &["domain"]),
    ("kaipiao-store-sqlite", &["seams"]),
    ("kaipiao-app", &["domain", "errcode", "seams", "wire"]),
    ("kaipiao-http", &["app", "domain", "errcode", "wire"]),
    ("kaipiao-pages", &["app"]),
    ("kaipiao-cli", &["app", "domain", "http", "pages", "seams", "store-sqlite", "wire"]),
    ("kaipiao-testkit", &["seams"]),
];

/// Licences that fit Apache-2.0; a package needs one of them.
const LICENCES: &[&str] = &[
    "Apache-2.0",
    "MIT",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "Unicode-3.0",
    "Unlicense",
    "CC0-1.0",
    "0BSD",
    "BSD-2-Clause",
];

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"))
        .exec()
        .unwrap()
}

#[test]
fn arrows_point_down_only() {
    let metadata = metadata();
    for (name, allowed) in EDGES {
        let package = metadata.packages.iter().find(|p| p.name.as_str() == *name).unwrap();
        for dependency in package.dependencies.iter().filter(|d| d.kind == DependencyKind::Normal) {
            if let Some(below) = dependency.name.strip_prefix("kaipiao-") {
                assert!(allowed.contains(&below), "{name} may not use {}", dependency.name);
            }
        }
    }
}

#[test]
fn the_domain_depends_on_nothing_but_the_codes() {
    let metadata = metadata();
    let domain = metadata.packages.iter().find(|p| p.name.as_str() == "kaipiao-domain").unwrap();
    let names: Vec<_> = domain.dependencies.iter().map(|d| d.name.as_str()).collect();
    assert_eq!(names, ["kaipiao-errcode"]);
}

#[test]
fn every_package_has_a_licence_that_fits() {
    for package in metadata().packages {
        let licence = package.license.clone().unwrap_or_default();
        let fits = licence.split(['/', '(', ')', ' ']).any(|word| LICENCES.contains(&word));
        assert!(fits, "{} has the licence \"{licence}\"", package.name);
    }
}

#[test]
fn every_dependency_has_its_line_of_reason() {
    let manifest =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml")).unwrap();
    let (_, rest) = manifest.split_once("[workspace.dependencies]\n").unwrap();
    let (list, _) = rest.split_once("\n[").unwrap();
    for line in list.lines().filter(|line| line.contains('=') && !line.starts_with(['#', ' '])) {
        assert!(line.contains("# ") || line.starts_with("kaipiao-"), "no reason: {line}");
    }
}
