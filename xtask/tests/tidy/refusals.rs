//! The pages' Chinese refusals are of sentences that the program says.

use crate::workspace::{files, root, text};

#[test]
fn each_sentence_that_the_pages_translate_is_one_of_the_programs() {
    let sentences = text(&root().join("crates/pages/words/refusals.tsv"));
    let sources = files(&root().join("crates"), ".rs");
    // Its own tests say some of them.
    let others = sources.iter().filter(|path| !path.ends_with("pages/src/refusals.rs"));
    let sources: String = others.map(|path| as_said(&text(path))).collect();
    let mut count = 0;
    for line in sentences.lines().skip(1) {
        let english = line.split('\t').next().unwrap_or("");
        let whole = english.replace("{!}", "{}");
        // What stands between its holes; the numbers there are constants' in the sources.
        for piece in whole.split("{}").map(str::trim).filter(|piece| piece.len() > 3) {
            assert!(sources.contains(piece), "nothing says \"{piece}\" of: {english}");
            count += 1;
        }
    }
    assert!(count >= 100, "{count}");
}

/// The texts of a source as they are said: without line ends and escapes.
fn as_said(source: &str) -> String {
    let mut said = String::new();
    for line in source.lines() {
        let line = if said.ends_with('\\') { line.trim_start() } else { line };
        if said.ends_with('\\') {
            said.pop();
        } else {
            said.push('\n');
        }
        said.push_str(line);
    }
    said.replace("\\\"", "\"").replace("{{", "{").replace("}}", "}")
}
