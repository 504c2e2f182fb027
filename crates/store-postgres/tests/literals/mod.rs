//! Texts in the crate's sources.

use std::fs;
use std::path::Path;

/// What has the database to itself: kaipiao move.
const ALONE: &str = "import.rs";

/// Every string literal of the sources' code before their tests, with line continuations joined.
pub(crate) fn of_sources() -> Vec<String> {
    let mut literals = Vec::new();
    of_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut literals);
    literals
}

fn of_folder(folder: &Path, literals: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            of_folder(&path, literals);
        } else if !path.ends_with(ALONE) {
            let source = fs::read_to_string(path).unwrap();
            let code = source.split("#[cfg(test)]").next().unwrap();
            let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
            of_code(&lines.collect::<Vec<_>>().join("\n"), literals);
        }
    }
}

fn of_code(code: &str, literals: &mut Vec<String>) {
    let mut rest = code.replace("'\"'", "");
    while let Some((_, behind)) = rest.split_once('"') {
        let mut literal = String::new();
        let mut chars = behind.chars();
        while let Some(c) = chars.next() {
            match c {
                '"' => break,
                '\\' => match chars.next().unwrap() {
                    '\n' => {
                        let trimmed = chars.as_str().trim_start();
                        chars = trimmed.chars();
                    }
                    escaped => literal.push(escaped),
                },
                c => literal.push(c),
            }
        }
        rest = chars.as_str().to_owned();
        literals.push(literal);
    }
}

/// Whether a statement has the literal's fixed parts, those around its `{placeholders}`, in their order.
pub(crate) fn is_part(literal: &str, sql: &str) -> bool {
    // Doubled braces stand for themselves.
    let literal = literal.replace("{{", "\u{1}").replace("}}", "\u{2}");
    let parts = literal.split('{').enumerate().map(|(nth, part)| match nth {
        0 => part,
        _ => part.split_once('}').map_or("", |(_, fixed)| fixed),
    });
    let mut rest = sql;
    for part in parts {
        let part = part.replace('\u{1}', "{").replace('\u{2}', "}");
        match rest.split_once(part.trim()) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    true
}
