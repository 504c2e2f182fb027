//! One stem per section of the contract: its folder in `spec/` names it, and every file that
//! serves it bears that name, so that a listing of the stem shows the section from top to bottom.

use crate::workspace::{files, root, shown};
use std::collections::BTreeMap;
use std::path::{Component, Path};

#[test]
fn a_section_has_one_stem() {
    let stems = stems();
    let mut wrong = Vec::new();
    for path in files(root(), ".rs") {
        let name = shown(&path);
        wrong.extend(foreign_stem(&name, &stems).map(|says| format!("{name}: {says}")));
    }
    assert!(wrong.is_empty(), "section files with another stem:\n{}", wrong.join("\n"));
}

#[test]
fn another_stem_is_reported() {
    let stems = BTreeMap::from([("s17".to_owned(), "s17_set_contact".to_owned())]);
    let says = |name| foreign_stem(name, &stems);
    assert_eq!(says("crates/wire/src/s17_set_contact.rs"), None);
    assert_eq!(says("crates/app/src/s17_set_contact/tests.rs"), None);
    assert_eq!(says("crates/app/src/sandbox.rs"), None);
    assert_eq!(
        says("crates/app/src/s17_contact.rs").unwrap(),
        "section 17 is s17_set_contact, not s17_contact"
    );
    assert!(says("crates/app/src/s18_get_contact.rs").unwrap().contains("no folder"));
}

/// By number (`s17`), the stem that the folder in `spec/` has.
fn stems() -> BTreeMap<String, String> {
    let mut stems = BTreeMap::new();
    for entry in std::fs::read_dir(root().join("spec")).unwrap() {
        let path = entry.unwrap().path();
        if let Some((number, stem)) = stem(path.file_stem().unwrap().to_str().unwrap()) {
            let other = stems.insert(number.to_owned(), stem.to_owned());
            assert_eq!(other, None, "spec/ has two stems for {number}");
        }
    }
    stems
}

/// The number and the stem of a name that begins with a section's number.
fn stem(name: &str) -> Option<(&str, &str)> {
    let (number, _) = name.split_once('_')?;
    let digits = number.strip_prefix('s')?;
    (digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit())).then_some((number, name))
}

fn foreign_stem(path: &str, stems: &BTreeMap<String, String>) -> Option<String> {
    let parts = Path::new(path).components().filter_map(|part| match part {
        Component::Normal(name) => name.to_str()?.split('.').next(),
        _ => None,
    });
    parts.filter_map(stem).find_map(|(number, stem)| match stems.get(number) {
        Some(known) if known == stem => None,
        Some(known) => Some(format!("section {} is {known}, not {stem}", &number[1..])),
        None => Some(format!("section {} has no folder in spec/", &number[1..])),
    })
}
