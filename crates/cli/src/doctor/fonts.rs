//! The fonts that invoices are printed with.

use super::finding::Finding;
use crate::settings::Settings;
use kaipiao_render::Fonts;

/// The Chinese characters that the national standard GBK has.
const GBK: core::ops::RangeInclusive<char> = '\u{4e00}'..='\u{9fa5}';
const ADVICE: &str = "install fonts-noto-cjk, or name other fonts in render.fonts";

/// Which fonts there are, and which characters no font has.
pub(super) fn examine(settings: &Settings, findings: &mut Vec<Finding>) {
    let files = match settings.render.font_files() {
        Ok(files) => files,
        Err(error) => return findings.push(Finding::error("fonts", error, "")),
    };
    for file in &files {
        let path = file.path.display();
        findings.push(match file.problem() {
            None => Finding::ok("fonts", format!("{path}#{} can be read", file.face_index)),
            Some(problem) => {
                let found = format!("{path}#{}: {problem}", file.face_index);
                Finding::warning("fonts", found, ADVICE)
            }
        });
    }
    let fonts = Fonts::new(files);
    let missing: Vec<char> = GBK.filter(|c| !fonts.has_glyph(*c)).collect();
    findings.push(match missing.first() {
        None => Finding::ok("fonts", "every Chinese character of GBK can be printed"),
        Some(first) => {
            let (count, all) = (missing.len(), GBK.count());
            let found = format!(
                "{count} of the {all} Chinese characters of GBK cannot be printed, {first} among \
                 them: invoices that hold one are refused"
            );
            Finding::warning("fonts", found, ADVICE)
        }
    });
}
