//! Which crate may use which, and what stays inside a layer.

use crate::workspace::{files, metadata, root, shown, text};
use cargo_metadata::DependencyKind;

/// The layers: what each crate may use of the others. Arrows point down only.
const EDGES: &[(&str, &[&str])] = &[
    ("kaipiao-errcode", &[]),
    ("kaipiao-domain", &["errcode"]),
    ("kaipiao-wire", &["domain", "errcode"]),
    ("kaipiao-ports", &["domain"]),
    ("kaipiao-records", &["domain", "ports"]),
    ("kaipiao-store-memory", &["domain", "ports"]),
    ("kaipiao-store-postgres", &["domain", "ports"]),
    ("kaipiao-store-sqlite", &["domain", "ports"]),
    ("kaipiao-issuer", &["domain", "ports", "records"]),
    ("kaipiao-issuer-http", &["domain", "ports"]),
    ("kaipiao-blobs-directory", &["domain", "ports"]),
    ("kaipiao-pdf-reader", &["domain", "ports"]),
    ("kaipiao-render", &["domain", "ports"]),
    ("kaipiao-request-log", &["domain", "ports", "wire"]),
    ("kaipiao-sender", &["domain", "ports"]),
    ("kaipiao-app", &["domain", "errcode", "ports", "records", "wire"]),
    ("kaipiao-http", &["app", "domain", "errcode", "ports", "wire"]),
    ("kaipiao-pages", &["app", "domain", "errcode", "wire"]),
    // Forms, languages and the preview of the authorization page are the pages' own.
    ("kaipiao-console", &["app", "domain", "errcode", "pages", "ports", "wire"]),
    (
        "kaipiao-cli",
        &[
            "app",
            "blobs-directory",
            "console",
            "domain",
            "http",
            "issuer",
            "issuer-http",
            "pages",
            "pdf-reader",
            "ports",
            "sender",
            "records",
            "render",
            "request-log",
            "store-memory",
            "store-postgres",
            "store-sqlite",
            "wire",
        ],
    ),
    ("kaipiao-testkit", &["domain", "ports", "store-memory"]),
];

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
fn every_crate_of_the_layers_is_in_the_list_of_edges() {
    for package in metadata().workspace_packages() {
        let path = package.manifest_path.as_std_path();
        if path.starts_with(root().join("crates")) {
            let name = package.name.as_str();
            assert!(EDGES.iter().any(|(known, _)| *known == name), "{name} has no layer");
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

/// Names of the contract in pinyin: they never leave the layers that read and write them.
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
        "store-postgres",
        "store-sqlite",
        "issuer",
        "issuer-http",
        "render",
        "sender",
        "blobs-directory",
        "pdf-reader",
        "app",
        "pages",
        "console",
        "testkit",
    ] {
        for path in files(&root().join("crates").join(below), ".rs") {
            let text = text(&path);
            let mut words = text.split(|c: char| !c.is_ascii_alphanumeric());
            let found = words.find(|word| PINYIN.contains(word));
            assert_eq!(found, None, "{}", shown(&path));
        }
    }
}
