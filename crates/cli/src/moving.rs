//! `kaipiao move`: a SQLite store's contents go to PostgreSQL, all of them or nothing.

use crate::exchange::{self, ExchangeError};
use crate::settings::{FILES, Settings};
use kaipiao_ports::record::Kind;
use kaipiao_store_postgres::Import;
use kaipiao_store_sqlite::Export;
use std::path::Path;

/// What is moved at once.
const PORTION: usize = 1000;

/// Why nothing was moved.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// Where it is read.
    #[error("{0}")]
    Source(#[from] kaipiao_store_sqlite::OpenError),
    /// Where it is written.
    #[error("{0}")]
    Target(#[from] kaipiao_store_postgres::OpenError),
    /// Contents of the SQLite store that were decided before.
    #[error("{0}")]
    Exchange(#[from] ExchangeError),
}

/// What is to be done with the uploaded files, which a move leaves where they are.
pub fn next_with_files(settings: &Settings) -> String {
    let (named, own) = (settings.files_directory(), settings.data.join(FILES));
    let (place, from) = (named.display(), own.display());
    let is_named = named != own;
    match (is_named, own.is_dir()) {
        (true, false) => format!("Uploaded files stay in {place}, as files.directory says: every node must reach them there"),
        (true, true) => format!(
            "Uploaded files are looked for in {place}, as files.directory says. Those in {from} are copied there by: cp -an \
             '{from}/.' '{place}/' - then `kaipiao check` says whether every one is there"
        ),
        (false, true) => format!(
            "Uploaded files stay in {from}, where other nodes do not see them. Copy them to a folder that all of them reach, \
             by: cp -an '{from}/.' /shared/folder/ - name it in files.directory of every node, and run `kaipiao check` with these \
             settings: it says whether every one is there"
        ),
        (false, false) => {
            "There are no uploaded files yet: name a folder for them that all nodes reach in files.directory".to_owned()
        }
    }
}

/// Moves everything, and says how far it has come: what has been moved of how much. Returns how much it was. The
/// SQLite store stays as it is, and no server starts on it any more.
pub async fn run(
    data: &Path,
    url: &str,
    mut progress: impl FnMut(usize, usize),
) -> Result<usize, MoveError> {
    exchange::finish(data)?;
    let export = Export::open(data)?;
    let import = Import::begin(url).await?;
    let (all, mut moved) = (export.count()?, 0);
    progress(moved, all);
    for kind in Kind::ALL {
        let mut after: Option<(String, String)> = None;
        loop {
            let place = after.as_ref().map(|(owner, id)| (owner.as_str(), id.as_str()));
            let records = export.records(kind, place, PORTION)?;
            let Some(last) = records.last() else { break };
            after = Some((last.stored.key.owner.clone(), last.stored.key.id.clone()));
            import.records(kind, &records).await?;
            moved += records.len();
            progress(moved, all);
        }
    }
    let mut after = 0;
    loop {
        let pushes = export.pushes(after, PORTION)?;
        let Some(last) = pushes.last() else { break };
        after = last.push.id.number;
        import.pushes(&pushes).await?;
        moved += pushes.len();
        progress(moved, all);
    }
    let mut after = i64::MIN;
    loop {
        let jobs = export.jobs(after, PORTION)?;
        let Some(last) = jobs.last() else { break };
        after = last.number;
        import.jobs(&jobs).await?;
        moved += jobs.len();
        progress(moved, all);
    }
    import.complete().await?;
    // Before the end: of the two stores never both go on, whenever this is cut off.
    export.close()?;
    import.commit().await?;
    Ok(moved)
}
