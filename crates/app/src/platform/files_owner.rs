//! Whose the files are: a store's own. What its records do not name is removed, so another store over the same
//! folder would lose its files.

use crate::app::App;
use crate::failure::Failure;
use crate::store_access::{add, get_fresh};
use kaipiao_ports::platform::blobs::BlobError;
use kaipiao_records::server::FilesOwner;

/// Whether the files are this store's, which they are from now on if they were nobody's.
pub(crate) async fn check(app: &App) -> Result<(), Failure> {
    let FilesOwner { id: own } = own(app).await?;
    let owner = app
        .blobs
        .claimed_by(&own)
        .await
        .map_err(|error: BlobError| Failure::Away(error.to_string()))?;
    if owner == own {
        return Ok(());
    }
    Err(Failure::Away(format!(
        "files.directory holds the files of another store ({owner}, this one is {own}); give this store a folder of its own"
    )))
}

/// The store's name for itself, made when it is first asked for.
async fn own(app: &App) -> Result<FilesOwner, Failure> {
    let key = FilesOwner::key();
    if let Some(own) = get_fresh::<FilesOwner>(app, &key).await? {
        return Ok(own);
    }
    let new = FilesOwner { id: base16ct::lower::encode_string(&app.random::<16>()) };
    if add(app, key.clone(), &new).await? {
        return Ok(new);
    }
    // Another node was faster.
    let own = get_fresh::<FilesOwner>(app, &key).await?;
    own.ok_or_else(|| Failure::Damaged("the files' owner came and went".to_owned()))
}
