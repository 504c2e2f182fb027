//! Rules of the workspace, as tests over `cargo metadata`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The floors: what each crate may use of the others. Arrows point down only.
const EDGES: &[(&str, &[&str])] = &[
    ("kaipiao-errcode", &[]),
    ("kaipiao-domain", &["errcode"]),
    ("kaipiao-wire", &["domain", "errcode"]),
    ("kaipiao-ports", &["domain"]),
    ("kaipiao-records", &["domain", "ports"]),
    ("kaipiao-store-memory", &["ports"]),
    ("kaipiao-store-sqlite", &["domain", "ports"]),
    ("kaipiao-issuing", &["domain", "ports", "records"]),
    ("kaipiao-sender", &["ports"]),
    ("kaipiao-app", &["domain", "errcode", "ports", "records", "wire"]),
    ("kaipiao-http", &["app", "domain", "errcode", "ports", "wire"]),
    ("kaipiao-pages", &["app", "domain", "wire"]),
    (
        "kaipiao-cli",
        &[
            "app",
            "domain",
            "http",
            "issuing",
            "pages",
            "ports",
            "records",
            "sender",
            "store-memory",
            "store-sqlite",
            "wire",
        ],
    ),
    ("kaipiao-testkit", &["ports", "store-memory"]),
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

/// Packages that stand in the lock file in two versions, and why that cannot be helped here.
const TWICE: &[(&str, &str)] = &[
    ("bit-vec", "tests only: rcgen and proptest want different ones"),
    ("getrandom", "ring, which TLS needs, still has 0.2; everything else has 0.4"),
    ("rand", "rust_decimal names old ones as optional; they are locked and not built"),
    ("rand_chacha", "follows rand"),
    ("rand_core", "follows rand"),
    ("tower-http", "tests only: reqwest, which the browser tests' client uses, still has 0.6"),
    ("synstructure", "follows syn; build time only"),
    ("syn", "derive macros of the ecosystem are moving from 2 to 3; build time only"),
];

/// What is built on Linux: other platforms' packages are in the lock file only.
const PLATFORM: &str = "x86_64-unknown-linux-gnu";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .other_options(vec!["--filter-platform".to_owned(), PLATFORM.to_owned()])
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
fn the_domain_depends_on_nothing_but_the_codes_and_decimal_numbers() {
    let metadata = metadata();
    let domain = metadata.packages.iter().find(|p| p.name.as_str() == "kaipiao-domain").unwrap();
    let normal = domain.dependencies.iter().filter(|d| d.kind == DependencyKind::Normal);
    let names: Vec<_> = normal.map(|d| d.name.as_str()).collect();
    assert_eq!(names, ["kaipiao-errcode", "rust_decimal"]);
}

#[test]
fn every_package_has_a_licence_that_fits() {
    for package in metadata().packages {
        let licence = package.license.clone().unwrap_or_default();
        assert!(fits(&licence), "{} has the licence \"{licence}\"", package.name);
    }
    assert!(fits("MIT/Apache-2.0") && fits("(MIT OR GPL-3.0) AND ISC"));
    assert!(!fits("GPL-3.0 AND MIT") && !fits("MIT AND (GPL-3.0 OR LGPL-3.0)") && !fits(""));
}

/// SPDX, as far as manifests use it: every part of an AND needs an alternative that fits.
fn fits(licence: &str) -> bool {
    let words = |part: &str| -> Vec<String> {
        part.split(['/', '(', ')', ' ']).filter(|w| !w.is_empty()).map(str::to_owned).collect()
    };
    licence
        .split(" AND ")
        .all(|part| words(part).iter().any(|word| LICENCES.contains(&word.as_str())))
}

#[test]
fn every_dependency_has_its_line_of_reason() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let (_, rest) = manifest.split_once("[workspace.dependencies]\n").unwrap();
    let (list, _) = rest.split_once("\n[").unwrap();
    for line in list.lines().filter(|line| line.contains('=') && !line.starts_with(['#', ' '])) {
        assert!(line.contains("# ") || line.starts_with("kaipiao-"), "no reason: {line}");
    }
}

#[test]
fn no_package_stands_twice_without_a_reason() {
    let mut versions = BTreeMap::<String, Vec<String>>::new();
    let metadata = metadata();
    let built = &metadata.resolve.as_ref().unwrap().nodes;
    let is_built = |package: &&Package| built.iter().any(|node| node.id == package.id);
    for package in metadata.packages.iter().filter(is_built) {
        versions.entry(package.name.to_string()).or_default().push(package.version.to_string());
    }
    let twice: Vec<_> = versions.iter().filter(|(_, found)| found.len() > 1).collect();
    for (name, found) in &twice {
        assert!(TWICE.iter().any(|(known, _)| known == name), "{name} stands as {found:?}");
    }
    for (known, _) in TWICE {
        assert!(twice.iter().any(|(name, _)| name == known), "{known} no longer stands twice");
    }
}

#[test]
fn every_crate_of_the_floors_is_in_the_list_of_edges() {
    for package in metadata().workspace_packages() {
        let path = package.manifest_path.as_std_path();
        if path.starts_with(root().join("crates")) {
            let name = package.name.as_str();
            assert!(EDGES.iter().any(|(known, _)| *known == name), "{name} has no floor");
        }
    }
}

/// Every file of the repository with that ending that could hold a test.
fn files(below: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(below).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            files(&path, ending, found);
        } else if name.ends_with(ending) {
            found.push(path);
        }
    }
}

/// Names of the contract in pinyin: they never leave the floors that read and write them.
const PINYIN: &[&str] = &[
    "ddh", "fhr", "fpdm", "fphm", "fphxz", "fpqqlsh", "ghfmc", "ggxh", "hjje", "hjse", "hylx",
    "jshj", "jym", "kplx", "kpr", "kprq", "nsrbank", "nsrdh", "nsrdz", "nsrmc", "nsrsbh", "skr",
    "spbm", "wxopenid", "xmdj", "xmje", "xmmc", "xmsl", "yfpdm", "yfphm",
];

#[test]
fn pinyin_stays_on_the_wire() {
    for below in [
        "domain",
        "ports",
        "records",
        "store-memory",
        "store-sqlite",
        "issuing",
        "sender",
        "app",
        "pages",
        "testkit",
    ] {
        let mut sources = Vec::new();
        files(&root().join("crates").join(below), ".rs", &mut sources);
        for path in sources {
            let text = std::fs::read_to_string(&path).unwrap();
            let words = text.split(|c: char| !c.is_ascii_alphanumeric());
            let found = words.into_iter().find(|word| PINYIN.contains(word));
            assert_eq!(found, None, "{}", path.display());
        }
    }
}

/// Files that are large for a reason.
const LARGE: &[&str] = &["fp-song.otf"];

#[test]
fn no_large_file_came_in_by_mistake() {
    let mut all = Vec::new();
    files(root(), "", &mut all);
    for path in all {
        let name = path.strip_prefix(root()).unwrap().display().to_string();
        // A server that was tried here leaves its data.
        if name.starts_with("kaipiao-data") || LARGE.iter().any(|large| name.ends_with(large)) {
            continue;
        }
        let bytes = std::fs::metadata(&path).unwrap().len();
        assert!(bytes < 300_000, "{name} has {bytes} bytes");
    }
}

#[test]
fn every_ruling_has_a_test_that_exists() {
    let mut sources = Vec::new();
    files(root(), ".rs", &mut sources);
    let code: String = sources.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let text = std::fs::read_to_string(root().join("spec/deviations.md")).unwrap();
    for (index, line) in text.lines().filter(|line| line.starts_with("| D-")).enumerate() {
        let columns: Vec<_> = line.split('|').map(str::trim).collect();
        assert_eq!(columns[1], format!("D-{:02}", index + 1), "rulings are numbered in order");
        let test = columns[3].trim_matches('`');
        // A ruling that something is *not* done has no test, and says why in its text.
        let is_kept = test == "–" || code.contains(&format!("fn {test}("));
        assert!(is_kept, "{}: no test is called {test}", columns[1]);
    }
}
