//! The folder of uploaded files.

use super::finding::Finding;
use crate::settings::Settings;
use kaipiao_app::platform::pdfs;
use kaipiao_blobs_directory::DirectoryBlobs;
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::store::Store;
use kaipiao_records::record;
use kaipiao_records::server::FilesOwner;
use std::io;

/// Whether files can be written, whether they are this store's, and whether all nodes see them.
pub(super) async fn examine(
    settings: &Settings,
    store: Option<&dyn Store>,
    findings: &mut Vec<Finding>,
) -> Result<(), StoreError> {
    let blobs = DirectoryBlobs::new(settings.files_directory());
    findings.push(written(&blobs, settings.files.least_free_bytes));
    let own = match store {
        Some(store) => record::get_fresh::<FilesOwner>(store, &FilesOwner::key()).await?,
        None => None,
    };
    let own = own.map(|own| own.value.id);
    findings.extend(owned(&blobs, own.as_deref(), blobs.owner()));
    if settings.database.is_given() && settings.files.directory.as_os_str().is_empty() {
        let place = blobs.root().display();
        let found = format!(
            "uploaded files lie in {place}, where other nodes of the database do not see them"
        );
        let advice =
            "name a folder that all nodes share in files.directory, unless this is the only one";
        findings.push(Finding::warning("files", found, advice));
    }
    Ok(())
}

/// Whether a PDF could be written now.
fn written(blobs: &DirectoryBlobs, least_free_bytes: u64) -> Finding {
    let place = blobs.root().display();
    let free = blobs.check_writable().and_then(|()| blobs.free_bytes());
    match free {
        // As the server sees it: also once the longest PDF is written.
        Ok(free) if free < least_free_bytes.saturating_add(pdfs::MOST_BYTES as u64) => {
            let found = format!(
                "{free} bytes are free at {place}, {least_free_bytes} must stay so (files.least_free_bytes)"
            );
            Finding::error("files", found, "setpdf answers -1: make room")
        }
        Ok(_) => Finding::ok("files", format!("{place} can be written")),
        Err(error) => {
            let found = format!("{place} cannot be written: {error}");
            let advice = "setpdf answers -1: name another folder in files.directory";
            Finding::error("files", found, advice)
        }
    }
}

/// What is wrong with whose they are. `own` is the store's name for itself, which it has once it has taken a file.
fn owned(
    blobs: &DirectoryBlobs,
    own: Option<&str>,
    owner: io::Result<Option<String>>,
) -> Option<Finding> {
    let place = blobs.root().display();
    let (found, advice) = match (own, owner) {
        (_, Err(error)) => (
            format!("{place}/.owner cannot be read: {error}"),
            "setpdf answers -1: make it readable to the server",
        ),
        (own, Ok(Some(owner))) if own != Some(&owner) => (
            format!("{place} holds the files of another store ({owner})"),
            "setpdf answers -1: name a folder of this store's own in files.directory",
        ),
        // One that was restored, which the server takes with the next file.
        (Some(_), Ok(None)) if has_files(blobs) => return None,
        (Some(_), Ok(None)) => (
            format!("this store has taken files, and they are not in {place}"),
            "mount the folder there, or copy the files to it, before the server takes an empty one for its own",
        ),
        (_, Ok(_)) => return None,
    };
    Some(Finding::error("files", found, advice))
}

/// Whether anything lies in the folder.
fn has_files(blobs: &DirectoryBlobs) -> bool {
    std::fs::read_dir(blobs.root()).is_ok_and(|mut entries| entries.next().is_some())
}
