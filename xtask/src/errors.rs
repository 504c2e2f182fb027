//! The error codes' table, and what is made of it: docs/errors.md with its Chinese version, and the requests that show each
//! code.
//!
//! The tests note what they are answered (`tests/raised.rs`). A run of them all must have raised each code of
//! `spec/s99_error_codes.tsv` in the test that the table names.

use crate::command::{Outcome, run_checks};
use kaipiao_errcode::{ErrorCode, Guide, Text};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

/// The variable that has the tests note what they are answered.
const VARIABLE: &str = "KAIPIAO_TEST_RAISED";
/// The codes, and the test that raises each.
const TABLE: &str = "spec/s99_error_codes.tsv";
/// The requests that show them.
const SHOWN: &str = "crates/errcode/guide/shown.tsv";
/// The page for people, in each language.
const PAGES: [(&str, &Words); 2] =
    [("docs/errors.md", &ENGLISH), ("docs/zh/reference/errors.md", &CHINESE)];
/// Stands in the table for a test that there is not.
const NO_TEST: &str = "-";

/// What a test was answered: method, path, body and text.
type Answered = [String; 4];

/// By test and code.
struct Raised(BTreeMap<(String, i32), Answered>);

/// Runs tests, which note what they are answered.
fn noted(target: &Path, command: &mut Command) -> Result<Raised, String> {
    let path = target.join("raised.tsv");
    if path.exists() {
        fs::remove_file(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    run_checks(command.env(VARIABLE, &path))?;
    Ok(Raised::of(&read(&path)?))
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

impl Raised {
    fn of(notes: &str) -> Self {
        let line = |line: &str| {
            let [test, code, answered @ ..] = columns::<6>(line);
            ((test, code.parse().expect("a number")), answered)
        };
        Self(notes.lines().map(line).collect())
    }

    /// What each code's test was answered.
    fn of_table(&self, table: &str) -> Result<Vec<(i32, &Answered)>, String> {
        let mut found = Vec::new();
        let mut missing = String::new();
        for (code, test) in tests(table).filter(|(_, test)| test != NO_TEST) {
            match self.0.get(&(test.clone(), code)) {
                Some(answered) => found.push((code, answered)),
                None => {
                    missing.push_str(&format!("{TABLE}: {test} was not answered {code}\n"));
                }
            }
        }
        if missing.is_empty() { Ok(found) } else { Err(missing) }
    }
}

fn columns<const COUNT: usize>(line: &str) -> [String; COUNT] {
    let columns: Vec<_> = line.split('\t').map(ToOwned::to_owned).collect();
    columns.try_into().unwrap_or_else(|_| panic!("{COUNT} columns: {line}"))
}

/// Each code, and the test that raises it.
fn tests(table: &str) -> impl Iterator<Item = (i32, String)> {
    table.lines().skip(1).map(|line| {
        let [code, .., test] = columns::<6>(line);
        (code.parse().expect("a number"), test)
    })
}

/// Runs a test command that plays every test of the table, and sees that each raised its code, with the call that the
/// page shows.
pub(crate) fn test(root: &Path, target: &Path, command: &mut Command) -> Outcome {
    let raised = noted(target, command)?;
    let (table, shown) = (read(&root.join(TABLE))?, read(&root.join(SHOWN))?);
    is_shown(&raised.of_table(&table)?, &shown)
}

/// Whether each code is shown by the method and path that its test was answered it at; bodies have moments in them.
fn is_shown(raised: &[(i32, &Answered)], shown: &str) -> Outcome {
    let shown: BTreeMap<_, _> = shown.lines().skip(1).map(request).collect();
    for (code, [method, path, ..]) in raised {
        if shown.get(code).is_none_or(|[shown, at, ..]| (shown, at) != (method, path)) {
            return Err(format!(
                "{SHOWN}: {code} is shown by another call than {method} {path}: cargo xtask errors"
            ));
        }
    }
    Ok(())
}

/// `cargo xtask errors`: has the tests of the table play their requests, and writes what is made of them.
pub(crate) fn write(root: &Path, target: &Path) -> Outcome {
    let table = read(&root.join(TABLE))?;
    let mut command = Command::new(env!("CARGO"));
    command.args(["test", "--locked", "--workspace", "--test", "http", "--", "--exact"]);
    command.args(tests(&table).map(|(_, test)| test).filter(|test| test != NO_TEST));
    let raised = noted(target, command.current_dir(root))?;
    let mut shown = "code\tmethod\tpath\tbody\tanswer\n".to_owned();
    for (code, answered) in raised.of_table(&table)? {
        shown.push_str(&format!("{code}\t{}\n", answered.join("\t")));
    }
    let save = |path: &str, text: &str| {
        fs::write(root.join(path), text).map_err(|error| format!("{path}: {error}"))
    };
    save(SHOWN, &shown)?;
    PAGES.iter().try_for_each(|(path, words)| save(path, &page(&shown, words)))
}

/// A page's own words.
struct Words {
    /// All above the table of the codes, with its head.
    head: &'static str,
    integrator: &'static str,
    operator: &'static str,
    /// The guide's text in this language.
    of: fn(Text) -> &'static str,
}

const ENGLISH: Words = Words {
    head: "# Error codes\n\n\
        Made by `cargo xtask errors` from [the table of the codes](../spec/s99_error_codes.tsv), the advice in \
        `crates/errcode/guide/` and what the tests of the table were answered. A running server shows the same at \
        `/errors/{code}`, in Chinese and English.\n\n\
        `errmsg` begins with the published text; what follows names the field and what was expected, and ends in `rid:` \
        and the request's id, by which the server's log has it. Branch on `errcode`, never on the text.\n\n\
        | code | published text |\n|---|---|\n",
    integrator: "**Integrator**: ",
    operator: "**Operator**: ",
    of: |text| text.en,
};

const CHINESE: Words = Words {
    head: "# 错误码\n\n\
        本页由 `cargo xtask errors` 生成，内容来自[错误码表](../../../spec/s99_error_codes.tsv)、`crates/errcode/guide/` 里的说明，\
        以及表中各测试实际收到的返回。运行中的服务器在 `/errors/{code}` 显示同样的内容，有中文和英文。\n\n\
        `errmsg` 以官方文本开头，其后指出具体字段与要求，末尾是 `rid:` 和请求编号，可据此查服务器日志。程序应按 `errcode` \
        判断，不要依赖文本。\n\n\
        | 错误码 | 官方文本 |\n|---|---|\n",
    integrator: "**开发者**：",
    operator: "**管理员**：",
    of: |text| text.zh,
};

/// The page in these words, with these requests.
fn page(shown: &str, words: &Words) -> String {
    let shown: BTreeMap<_, _> = shown.lines().skip(1).map(request).collect();
    let mut page = words.head.to_owned();
    for code in ErrorCode::ALL {
        let number = code.number();
        page.push_str(&format!("| [{number}](#{number}) | {} |\n", code.message()));
    }
    for code in ErrorCode::ALL {
        describe(&mut page, *code, shown.get(&code.number()), words);
    }
    page
}

fn request(line: &str) -> (i32, Answered) {
    let [code, answered @ ..] = columns::<5>(line);
    (code.parse().expect("a number"), answered)
}

fn describe(page: &mut String, code: ErrorCode, shown: Option<&Answered>, words: &Words) {
    let Guide { meaning, integrator, operator, .. } = code.guide();
    let number = code.number();
    let message = code.message();
    page.push_str(&format!("\n## <a id=\"{number}\"></a>{number}\n\n`{message}`\n\n"));
    let [meaning, integrator, operator] = [meaning, integrator, operator].map(words.of);
    page.push_str(&format!(
        "{meaning}\n\n- {}{integrator}\n- {}{operator}\n",
        words.integrator, words.operator
    ));
    let Some([method, path, body, answer]) = shown else { return };
    let body = if body.is_empty() { String::new() } else { format!("\n\n{body}") };
    page.push_str(&format!("\n```http\n{method} {path}{body}\n```\n\n`{answer}`\n"));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
    }

    #[test]
    fn the_pages_are_what_the_guide_makes_them() {
        let read = |path| read(&root().join(path)).unwrap();
        for (path, words) in PAGES {
            assert!(read(path) == page(&read(SHOWN), words), "{path} is old: cargo xtask errors");
        }
    }

    #[test]
    fn every_code_of_the_contract_has_its_test() {
        let table = read(&root().join(TABLE)).unwrap();
        let of_contract = table.lines().filter(|line| line.split('\t').nth(4) == Some("contract"));
        let numbers: Vec<_> = of_contract.clone().map(|line| line.split('\t').next()).collect();
        assert_eq!(numbers.len(), 41, "{numbers:?}");
        for line in of_contract {
            assert_eq!(line.ends_with(&format!("\t{NO_TEST}")), line.starts_with("0\t"), "{line}");
        }
    }

    #[test]
    fn a_code_that_is_shown_by_another_call_is_named() {
        let answered = ["GET", "/x", "", "t"].map(ToOwned::to_owned);
        let shown = |line: &str| is_shown(&[(40001, &answered)], &format!("head\n{line}\n"));
        assert_eq!(shown("40001\tGET\t/x\tanother body\tt"), Ok(()));
        for wrong in ["40001\tPOST\t/x\t\tt", "40001\tGET\t/y\t\tt", "40002\tGET\t/x\t\tt"] {
            assert!(
                shown(wrong).unwrap_err().contains("40001 is shown by another call"),
                "{wrong}"
            );
        }
    }

    #[test]
    fn a_code_that_its_test_was_not_answered_is_named() {
        let raised = Raised::of("a::b\t40001\tGET\t/x\t\tinvalid credential\n");
        let table = |test: &str| format!("head\n40001\tm\tw\tr\tt\t{test}\n0\tm\tw\tr\tt\t-\n");
        assert_eq!(raised.of_table(&table("a::b")).unwrap().len(), 1);
        let missing = raised.of_table(&table("a::c")).unwrap_err();
        assert_eq!(missing, format!("{TABLE}: a::c was not answered 40001\n"));
    }
}
