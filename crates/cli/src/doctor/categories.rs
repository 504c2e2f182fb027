//! The operator's table of short names of tax codes.

use super::finding::Finding;
use crate::compose;
use crate::settings::{Render, Settings, SettingsError};

/// How many codes the table names, or what the server would refuse to start with.
pub(super) fn examine(settings: &Settings, findings: &mut Vec<Finding>) {
    let render = &settings.render;
    if render.categories.as_os_str().is_empty() {
        return;
    }
    findings.push(match codes(render) {
        Err(error) => Finding::error("categories", error, ""),
        Ok(codes) => {
            let found = format!("{} names {codes} codes", render.categories.display());
            Finding::ok("categories", found)
        }
    });
}

fn codes(render: &Render) -> Result<usize, SettingsError> {
    let codes = render.category_table()?.codes();
    compose::renderer(render).map(|_| codes)
}
