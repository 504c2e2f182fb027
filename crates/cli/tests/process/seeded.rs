//! A seed on data that were made otherwise.

use crate::Served;
use crate::tls::refusal;
use std::path::Path;

/// A settings file with what `[sandbox]` says.
fn settings(folder: &Path, seed: &str) -> String {
    let file = folder.join(format!("seed-{seed}.toml"));
    std::fs::write(&file, format!("[sandbox]\nseed = \"{seed}\"\n")).unwrap();
    file.display().to_string()
}

fn starts(data: &Path, settings: &str) {
    Served::start(data, &["--config", settings]).stop();
}

fn is_refused(data: &Path, settings: &str, words: &str) {
    let said = refusal(data, &["--config", settings]);
    for words in [words, "sandbox.seed", "an empty --data"] {
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn a_seed_on_what_was_made_otherwise_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let [none, seven, eight] = ["", "7", "8"].map(|seed| settings(folder.path(), seed));
    let data = folder.path().join("chance");
    starts(&data, &none);
    is_refused(&data, &seven, "without a seed");
    starts(&data, &none);

    let data = folder.path().join("seven");
    starts(&data, &seven);
    starts(&data, &seven);
    is_refused(&data, &eight, "with another seed");
    // What follows draws by chance, and is no more what the seed would make.
    starts(&data, &none);
    is_refused(&data, &seven, "without a seed");
}
