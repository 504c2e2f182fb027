//! What to do about each code, and a request that is answered with it.
//!
//! The advice is written in `guide/guide.tsv`; `guide/shown.tsv` holds requests that the tests of the table really
//! sent, and what they were answered (`cargo xtask errors`).

use crate::ErrorCode;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A text in Chinese and in English.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// In Chinese.
    pub zh: &'static str,
    /// In English.
    pub en: &'static str,
}

/// What to do about a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guide {
    /// What happened.
    pub meaning: Text,
    /// What whoever called does about it.
    pub integrator: Text,
    /// What whoever runs the server does about it.
    pub operator: Text,
    /// A request that is answered with it. None: success, of which every test is full.
    pub shown: Option<Shown>,
}

/// A request, and the text of its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Path and query; credentials stand by their names.
    pub path: &'static str,
    /// The body; empty: none. Long texts in it are cut.
    pub body: &'static str,
    /// `errmsg` without the request's id.
    pub answer: &'static str,
}

static GUIDES: LazyLock<BTreeMap<i32, Guide>> = LazyLock::new(|| {
    let mut shown: BTreeMap<i32, Shown> = rows(include_str!("../guide/shown.tsv"))
        .map(|(code, [method, path, body, answer])| (code, Shown { method, path, body, answer }))
        .collect();
    rows(include_str!("../guide/guide.tsv"))
        .map(|(code, [meaning, integrator, operator, meaning_zh, integrator_zh, operator_zh])| {
            let guide = Guide {
                meaning: Text { zh: meaning_zh, en: meaning },
                integrator: Text { zh: integrator_zh, en: integrator },
                operator: Text { zh: operator_zh, en: operator },
                shown: shown.remove(&code),
            };
            (code, guide)
        })
        .collect()
});

/// The rows of a table below its head: the code, and the other columns.
fn rows<const COLUMNS: usize>(
    table: &'static str,
) -> impl Iterator<Item = (i32, [&'static str; COLUMNS])> {
    table.lines().skip(1).map(|line| {
        let (code, columns) = line.split_once('\t').expect("a code, and what is said of it");
        let columns: Vec<_> = columns.split('\t').collect();
        (code.parse().expect("a number"), columns.try_into().expect("a table without gaps"))
    })
}

impl ErrorCode {
    /// What to do about it.
    pub fn guide(self) -> Guide {
        *GUIDES.get(&self.number()).expect("every code has a line in guide.tsv")
    }
}

#[cfg(test)]
mod tests {
    use super::{ErrorCode, GUIDES};

    #[test]
    fn every_code_has_its_advice_and_no_other() {
        let advised: Vec<_> = GUIDES.keys().copied().collect();
        let mut codes: Vec<_> = ErrorCode::ALL.iter().map(|code| code.number()).collect();
        codes.sort_unstable();
        assert_eq!(advised, codes);
        for code in ErrorCode::ALL {
            let guide = code.guide();
            for text in [guide.meaning, guide.integrator, guide.operator] {
                assert!(!text.zh.is_empty() && !text.en.is_empty(), "{code}");
            }
            let shown = guide.shown.is_some_and(|shown| shown.answer.starts_with(code.message()));
            assert_ne!(shown, *code == ErrorCode::Ok, "{code}: no request shows it");
        }
    }
}
