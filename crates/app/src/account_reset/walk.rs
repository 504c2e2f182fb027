//! Walks through records, and their removal, a batch at a time.

use crate::app::App;
use crate::failure::Failure;
use crate::store_access::commit;
use kaipiao_ports::record::{Expect, Key, Kind, Save, Stored};
use kaipiao_ports::store::{After, Commit, Page};
use kaipiao_records::record::{self, Record};

/// What is read at once, and removed in one commit at most.
pub(super) const BATCH: usize = 256;

/// A walk through the records of a kind. What was read may be removed meanwhile.
pub(super) struct Walk<'a> {
    app: &'a App,
    /// None: the end was reached.
    page: Option<Page>,
}

impl<'a> Walk<'a> {
    /// Everybody's.
    pub(super) fn of_all(app: &'a App, kind: Kind) -> Self {
        Self { app, page: Some(Page::of_all(kind, BATCH)) }
    }

    /// An owner's.
    pub(super) fn of_owner(app: &'a App, kind: Kind, owner: &str) -> Self {
        Self { app, page: Some(Page::by_key(kind, Some(owner.to_owned()), BATCH)) }
    }

    /// The next records; None: these were all.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Stored>>, Failure> {
        let Some(page) = self.page.take() else { return Ok(None) };
        let listed = self.app.store.list(&page).await?;
        let Some(last) = listed.last().map(|last| &last.stored.key) else { return Ok(None) };
        if listed.len() == BATCH {
            let after = Some(After::key(&*last.owner, &*last.id));
            self.page = Some(Page { after, ..page });
        }
        Ok(Some(listed.into_iter().map(|listed| listed.stored).collect()))
    }
}

/// Removes those of everybody's values of a kind that `is_its` is true of. What cannot be read is nobody's that is known,
/// and stays.
pub(super) async fn remove_those<T: Record>(
    app: &App,
    mut is_its: impl AsyncFnMut(&Key, &T) -> Result<bool, Failure>,
) -> Result<(), Failure> {
    let mut walk = Walk::of_all(app, T::KIND);
    while let Some(found) = walk.next().await? {
        let mut keys = Vec::new();
        for stored in &found {
            let Ok(value) = record::value::<T>(stored) else { continue };
            if is_its(&stored.key, &value).await? {
                keys.push(stored.key.clone());
            }
        }
        remove_keys(app, keys).await?;
    }
    Ok(())
}

/// Removes an owner's records of a kind.
pub(super) async fn remove_owned(app: &App, kind: Kind, owner: &str) -> Result<(), Failure> {
    let mut walk = Walk::of_owner(app, kind, owner);
    while let Some(found) = walk.next().await? {
        remove_keys(app, found.into_iter().map(|stored| stored.key).collect()).await?;
    }
    Ok(())
}

/// Removes records, each named once.
pub(super) async fn remove_keys(app: &App, keys: Vec<Key>) -> Result<(), Failure> {
    save_all(app, keys.into_iter().map(|key| record::removal(key, Expect::Any)).collect()).await
}

/// Saves records together. No save is no commit: what is done already costs nothing.
pub(super) async fn save_all(app: &App, saves: Vec<Save>) -> Result<(), Failure> {
    if saves.is_empty() {
        return Ok(());
    }
    Ok(commit(app, Commit::of(saves)).await?)
}
