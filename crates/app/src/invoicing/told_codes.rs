//! Tax codes whose short name nobody has told: an invoice is issued all the same, and the operator
//! is told what to add to `render.categories`.

use kaipiao_domain::invoicing::content::Content;
use std::collections::{BTreeSet, HashSet};
use std::sync::{Mutex, PoisonError};

/// Codes that are remembered as told; beyond, further ones are not told.
const MAX_TOLD: usize = 10_000;

/// The codes that the log has named since the start.
#[derive(Default)]
pub(crate) struct ToldCodes(Mutex<HashSet<String>>);

impl ToldCodes {
    /// Names in the log, once each, the codes of an accepted content that got no short name.
    pub(crate) fn tell(&self, content: &Content) {
        for tax_code in self.first_seen(content.codes_without_category()) {
            tracing::warn!(tax_code, "no short name is known, add the code to render.categories");
        }
    }

    fn first_seen(&self, codes: BTreeSet<&str>) -> Vec<String> {
        if codes.is_empty() {
            return Vec::new();
        }
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut is_first = |code: &str| told.len() < MAX_TOLD && told.insert(code.to_owned());
        codes.into_iter().filter(|code| is_first(code)).map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_told_once_and_only_so_many_are_remembered() {
        let told = ToldCodes::default();
        assert_eq!(told.first_seen(BTreeSet::from(["1", "2"])), ["1", "2"]);
        assert_eq!(told.first_seen(BTreeSet::from(["2", "3"])), ["3"]);
        let many: Vec<String> = (10..20_000).map(|code| code.to_string()).collect();
        let first = told.first_seen(many.iter().map(String::as_str).collect());
        assert_eq!(first.len(), MAX_TOLD - 3);
        assert!(told.first_seen(BTreeSet::from(["new"])).is_empty());
    }
}
