//! Where everything public is documented: in the crates whose names alone do not say enough.

use crate::workspace::{root, shown, text};

const DOCUMENTED: &[&str] = &["domain", "errcode", "ports", "records", "wire"];

#[test]
fn the_contract_and_the_ports_are_documented_in_full() {
    let files = DOCUMENTED.iter().map(|name| root().join("crates").join(name).join("src/lib.rs"));
    for path in files.filter(|path| path.exists()) {
        let is_denied = text(&path).lines().any(|line| line == "#![deny(missing_docs)]");
        assert!(is_denied, "{} lacks #![deny(missing_docs)]", shown(&path));
    }
}
