//! Tax codes whose short name nobody has told: an invoice is issued all the same, and the operator
//! is told what to add to `render.categories`.

use kaipiao_domain::invoicing::content::Content;
use kaipiao_ports::invoicing::renderer::Renderer;
use std::collections::{BTreeSet, HashSet};
use std::sync::{Mutex, PoisonError};

/// Codes that are remembered as told; beyond, further ones are not told.
const MAX_TOLD: usize = 10_000;

/// The codes that the log has named since the start.
#[derive(Default)]
pub(crate) struct ToldCodes(Mutex<HashSet<String>>);

impl ToldCodes {
    /// Names in the log, once each, the codes of a content that have no short name.
    pub(crate) fn tell(&self, renderer: &dyn Renderer, content: &Content) {
        for tax_code in self.first_seen(without_name(renderer, content)) {
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

/// The tax codes of a content that have no short name.
pub(crate) fn without_name<'a>(renderer: &dyn Renderer, content: &'a Content) -> BTreeSet<&'a str> {
    // A line that begins with an asterisk brings its short name along.
    let lines = content.lines.iter().filter(|line| !line.name.starts_with('*'));
    let codes: BTreeSet<&str> = lines.map(|line| &*line.tax_code).collect();
    codes.into_iter().filter(|code| !renderer.names_category(code)).collect()
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
