//! Removes files that nothing names: what was uploaded and attached to no invoice in time, once its record is
//! gone, and what a crash between a file and its commit has left, be it uploaded or brought by an invoice.

use crate::app::App;
use crate::failure::Failure;
use crate::invoicing::outside_documents;
use crate::platform::files_owner;
use core::time::Duration;
use kaipiao_domain::platform::blob_name::BlobName;
use kaipiao_domain::platform::pdf::pdf_of;
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::platform::blobs::{BlobWalk, ListedBlob};
use kaipiao_ports::store::Freshness;
use kaipiao_ports::store::Store;
use kaipiao_records::platform::pdf::platform_pdf_key;
use std::time::Instant;

/// Files that are looked at together.
const PAGE: usize = 256;
/// Pages that are looked at in one go; the next one goes on there.
const PAGES: usize = 64;

/// How long the walk rests at the end: each file that stays costs it a read of the store.
const REST: Duration = Duration::from_secs(3600);

/// How far the walk through the files has come.
#[derive(Default)]
pub(crate) struct Walk {
    /// None: it begins with the next go.
    files: Option<Box<dyn BlobWalk>>,
    /// When it was behind the last file; None: it is on its way.
    ended: Option<Instant>,
}

impl Walk {
    /// Goes on for some pages; behind the last file it rests, and begins again. Returns how many files it has removed.
    pub(crate) async fn go_on(&mut self, app: &App) -> Result<usize, Failure> {
        if self.ended.is_some_and(|ended| ended.elapsed() < REST) {
            return Ok(0);
        }
        self.ended = None;
        // After an error it begins again, so that it stays at no place.
        let mut files = self.files.take().unwrap_or_else(|| app.blobs.walk());
        let mut removed = 0;
        for nth in 0..PAGES {
            let page = files.next(PAGE).await;
            let page = page.map_err(|error| Failure::Away(error.to_string()))?;
            if page.is_empty() {
                self.ended = Some(Instant::now());
                return Ok(removed);
            }
            if nth == 0 {
                files_owner::check(app).await?;
            }
            for listed in &page {
                match collect(app, listed).await {
                    Ok(is_removed) => removed += usize::from(is_removed),
                    // The others may be.
                    Err(error) => {
                        let file = listed.name.as_str();
                        tracing::warn!(%error, file, "a file that nothing names could not be removed yet");
                    }
                }
            }
            tokio::task::yield_now().await;
        }
        self.files = Some(files);
        Ok(removed)
    }
}

/// Removes a file that no record names, unless the commit that will name it may be under way. A file that is called as
/// none of this server's is left alone.
async fn collect(app: &App, listed: &ListedBlob) -> Result<bool, Failure> {
    if listed.age < app.settings.platform.collects_after {
        return Ok(false);
    }
    if is_named(&*app.store, &listed.name).await? != Some(false) {
        return Ok(false);
    }
    let removed = app.blobs.remove(&listed.name).await;
    removed.map(|()| true).map_err(|error| Failure::Away(error.to_string()))
}

/// Whether a record names a file; None: it is called as none of this server's.
pub(crate) async fn is_named(
    store: &dyn Store,
    name: &BlobName,
) -> Result<Option<bool>, StoreError> {
    let Some((owner, media_id)) = pdf_of(name) else {
        return outside_documents::is_named(store, name).await;
    };
    let key = platform_pdf_key(&owner, &media_id);
    Ok(Some(store.read(&key, Freshness::Fresh).await?.is_some()))
}
