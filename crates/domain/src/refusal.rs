//! The only way to say no (section 99).

use core::fmt;
use kaipiao_errcode::ErrorCode;

/// Why a request was refused: the code that programs branch on, and the words for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The contract's code.
    pub code: ErrorCode,
    /// What stands behind the published text: the field, what was expected, what to do next.
    pub detail: String,
    /// The values that had to match, those that do and those that differ; empty: nothing was compared.
    pub compared: Vec<Compared>,
}

/// A value that had to match what was expected (wire_facts 7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// The member's name on the wire.
    pub name: String,
    /// What was expected: the value itself, or words for it where it is not one value.
    pub expected: String,
    /// What came.
    pub came: String,
    /// Whether that is why the request was refused.
    pub differs: bool,
}

impl Compared {
    /// A value that matched.
    pub fn same(name: &str, value: impl Into<String>) -> Self {
        let value = value.into();
        Self { name: name.to_owned(), expected: value.clone(), came: value, differs: false }
    }

    /// Two values, side by side.
    pub fn values(name: &str, expected: impl Into<String>, came: impl Into<String>) -> Self {
        let (expected, came) = (expected.into(), came.into());
        let differs = expected != came;
        Self { name: name.to_owned(), expected, came, differs }
    }

    /// What was expected in words, and what came instead.
    pub fn unlike(name: &str, expected: impl Into<String>, came: impl Into<String>) -> Self {
        let (expected, came) = (expected.into(), came.into());
        Self { name: name.to_owned(), expected, came, differs: true }
    }
}

impl Refusal {
    /// A refusal whose published text says it all.
    pub fn plain(code: ErrorCode) -> Self {
        Self { code, detail: String::new(), compared: Vec::new() }
    }

    /// A refusal with words behind the published text.
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), compared: Vec::new() }
    }

    /// The same, with the values that were compared.
    pub fn comparing(self, compared: impl IntoIterator<Item = Compared>) -> Self {
        Self { compared: compared.into_iter().collect(), ..self }
    }

    /// 72031, naming the field: `invalid("s_pappid", "is empty")` reads
    /// "invalid params, s_pappid is empty", which is the published service's own form (wire_facts 2.3).
    pub fn invalid(field: impl fmt::Display, problem: impl fmt::Display) -> Self {
        Self::new(ErrorCode::InvalidParams, format!("{field} {problem}"))
    }
}

impl fmt::Display for Refusal {
    /// The errmsg without its rid: published text first (D-01).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (message, detail) = (self.code.message(), &self.detail);
        match (self.code, &**detail) {
            (_, "") => f.write_str(message),
            // The published text goes on with the address: clients cut it out.
            (ErrorCode::InvalidIp, detail) => write!(f, "{message} {detail}"),
            (_, detail) => write!(f, "{message}, {detail}"),
        }
    }
}

impl core::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_text_stands_first() {
        let refusal = Refusal::invalid("s_pappid", "is empty");
        assert_eq!(refusal.to_string(), "invalid params, s_pappid is empty");
        assert_eq!(Refusal::plain(ErrorCode::RejectedByBiz).to_string(), "biz reject insert");
    }
}
