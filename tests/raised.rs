//! What a run of the tests was answered: which test raised which error code, with which request.
//!
//! `cargo xtask test` compares this with `spec/s99_error_codes.tsv`, and `cargo xtask errors` takes the
//! requests of docs/errors.md from it, so that both tell what the server did and not what somebody wrote.

use serde_json::Value;
use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::sync::{Mutex, OnceLock};

/// The variable that names the file to note in; without it nothing is noted.
const VARIABLE: &str = "KAIPIAO_TEST_RAISED";

/// What is noted already, and where.
struct Notes {
    file: File,
    seen: HashSet<(String, i64)>,
}

/// Notes the first answer with each error code of the test that runs in this thread, as a line of test, code, method,
/// path, body and `errmsg`.
pub(crate) fn note(method: &str, path: &str, body: &str, answer: &Value) {
    let (Some(notes), Some(code)) = (notes(), answer["errcode"].as_i64()) else { return };
    let thread = std::thread::current();
    let Some(test) = thread.name() else { return };
    let mut notes = notes.lock().unwrap();
    if code == 0 || !notes.seen.insert((test.to_owned(), code)) {
        return;
    }
    let (path, body, said) = (without_secrets(path), on_one_line(body), answer["errmsg"].as_str());
    let (said, _) = said.unwrap_or_default().split_once(" rid: ").expect("a refusal has a rid");
    let line = [test, &code.to_string(), method, &path, &body, said].join("\t");
    writeln!(notes.file, "{line}").unwrap();
}

fn notes() -> Option<&'static Mutex<Notes>> {
    static NOTES: OnceLock<Option<Mutex<Notes>>> = OnceLock::new();
    let open = || {
        let path = std::env::var_os(VARIABLE)?;
        let file = OpenOptions::new().create(true).append(true).open(path).unwrap();
        Some(Mutex::new(Notes { file, seen: HashSet::new() }))
    };
    NOTES.get_or_init(open).as_ref()
}

/// The values of a query that are credentials give way to their names, as the documentation of the API writes them.
fn without_secrets(path: &str) -> String {
    let Some((path, query)) = path.split_once('?') else { return path.to_owned() };
    let shown = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name @ ("access_token" | "secret" | "appsecret"), value)) if !value.is_empty() => {
            format!("{name}={}", name.to_uppercase())
        }
        _ => pair.to_owned(),
    });
    format!("{path}?{}", shown.collect::<Vec<_>>().join("&"))
}

/// A body as documentation shows it: on one line, without what is only long.
fn on_one_line(body: &str) -> String {
    match serde_json::from_str::<Value>(body) {
        Ok(mut body) => {
            cut(&mut body);
            body.to_string()
        }
        Err(_) => body.replace(['\t', '\r', '\n'], " "),
    }
}

/// Cuts each text that is longer than any field which people write; what this server gives out at random stands by
/// its name.
fn cut(value: &mut Value) {
    const SHOWN: usize = 40;
    match value {
        Value::String(text) => {
            if let Some((end, _)) = text.char_indices().nth(SHOWN) {
                text.truncate(end);
                text.push('…');
            }
        }
        Value::Array(values) => values.iter_mut().for_each(cut),
        Value::Object(fields) => {
            for (name, value) in fields {
                match (name.as_str(), value) {
                    ("ticket" | "encrypt_code" | "secret" | "appsecret", Value::String(text)) => {
                        *text = name.to_uppercase();
                    }
                    (_, value) => cut(value),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
