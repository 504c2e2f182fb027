//! The folder of uploaded files.

use super::finding::Finding;
use crate::settings::Settings;
use kaipiao_blobs_directory::DirectoryBlobs;

/// Whether files can be written, and whether all nodes see them.
pub(super) fn examine(settings: &Settings, findings: &mut Vec<Finding>) {
    let blobs = DirectoryBlobs::new(settings.files_directory());
    let place = blobs.root().display();
    findings.push(match blobs.check_writable() {
        Ok(()) => Finding::ok("files", format!("{place} can be written")),
        Err(error) => {
            let found = format!("{place} cannot be written: {error}");
            Finding::error(
                "files",
                found,
                "setpdf answers -1: name another folder in files.directory",
            )
        }
    });
    if settings.database.is_given() && settings.files.directory.as_os_str().is_empty() {
        let found = format!(
            "uploaded files lie in {place}, where other nodes of the database do not see them"
        );
        let advice =
            "name a folder that all nodes share in files.directory, unless this is the only one";
        findings.push(Finding::warning("files", found, advice));
    }
}
