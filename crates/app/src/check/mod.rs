//! The check: walks a store and says which of the invariants do not hold.
//!
//! Every record is read once, page by page, and what it names is looked up by its key: memory stays small
//! whatever the store holds. A server may be changing the store meanwhile. What looks wrong is therefore
//! looked at again: it is reported when the record has stayed the same from before that look to after it.
//! Whatever else it was compared with then stood beside it in the store, since a commit changes all that
//! belongs together at once (D-136).

mod cards;
mod contents;
mod files;
mod inserted;
mod known;
mod look;
mod numbers;
mod offsets;
mod orders;
mod payments;
mod results;
mod rules;
mod uploads;
mod violation;

pub use violation::{Invariant, Subject, Violation, Watcher};

use core::time::Duration;
use kaipiao_domain::invoicing::invoice_request::InvoiceRequest;
use kaipiao_ports::clock::Clock;
use kaipiao_ports::delivery::jobs::{Job, JobQuery};
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::platform::blobs::Blobs;
use kaipiao_ports::record::{Key, Kind, Stored};
use kaipiao_ports::store::{After, Page, Store};
use known::Known;
use look::{Look, PAGE};
use rules::passed;
use std::collections::HashSet;
use violation::Found;

/// Looks at a record that keeps changing, at most.
const LOOKS: usize = 20;
const PAUSE: Duration = Duration::from_millis(20);

/// What to check, and with what.
pub struct CheckedStore<'a> {
    /// The store; it may be one that only reads.
    pub store: &'a dyn Store,
    /// The real clock.
    pub clock: &'a dyn Clock,
    /// The files beside it.
    pub blobs: &'a dyn Blobs,
    /// How long the server keeps pushes that are completed: those of older invoices are not missed.
    pub pushes_are_kept: Duration,
    /// How long the server keeps uploaded PDFs that are attached to nothing: the files of older ones have gone.
    pub pdfs_are_kept: Duration,
    /// How long the server keeps files that no record names: their commits may be under way.
    pub files_are_kept: Duration,
}

/// Checks all of a store.
pub async fn run(checked: &CheckedStore<'_>, watcher: &mut dyn Watcher) -> Result<(), StoreError> {
    let CheckedStore { store, clock, blobs, pushes_are_kept, pdfs_are_kept, files_are_kept } =
        *checked;
    let look = Look { store, clock, blobs, pushes_are_kept, pdfs_are_kept, files_are_kept };
    for kind in Kind::ALL {
        check_kind(&look, kind, watcher).await?;
    }
    check_jobs(&look, watcher).await?;
    files::all(&look, watcher).await
}

async fn check_kind(
    look: &Look<'_>,
    kind: Kind,
    watcher: &mut dyn Watcher,
) -> Result<(), StoreError> {
    let mut page = Page::of_all(kind, PAGE);
    let mut count = 0;
    loop {
        let listed = look.store.list(&page).await?;
        let records: Vec<Stored> = listed.into_iter().map(|listed| listed.stored).collect();
        let jobless = running_without_job(look, &records).await?;
        for stored in &records {
            if jobless.contains(&stored.key) || !rules::violations(look, stored).await?.is_empty() {
                settle(look, &stored.key, watcher).await?;
            }
        }
        count += u64::try_from(records.len()).expect("a page is small");
        watcher.looked_at(kind.table(), count);
        match records.last() {
            Some(last) if records.len() == PAGE => {
                page.after = Some(After::key(last.key.owner.clone(), last.key.id.clone()));
            }
            _ => return Ok(()),
        }
    }
}

/// Looks again at a record that looked wrong, until it is right or has stayed as it is for a whole look.
async fn settle(look: &Look<'_>, key: &Key, watcher: &mut dyn Watcher) -> Result<(), StoreError> {
    for _ in 0..LOOKS {
        let Some(before) = look.stored(key).await? else { return Ok(()) };
        let violations = all_violations(look, &before).await?;
        if violations.is_empty() {
            return Ok(());
        }
        let after = look.stored(key).await?;
        if after.is_some_and(|after| after.version == before.version) {
            violations.into_iter().for_each(|violation| watcher.found(violation));
            return Ok(());
        }
        pause().await;
    }
    watcher.unsettled(Subject::from(key));
    Ok(())
}

/// With what else is asked of a request that is running.
async fn all_violations(look: &Look<'_>, stored: &Stored) -> Result<Vec<Violation>, StoreError> {
    let mut violations = rules::violations(look, stored).await?;
    if let Ok(Known::Request(request)) = known::read(stored) {
        let mut found = Found::of(Subject::from(&stored.key));
        passed(results::job_of(look, &request, &mut found).await)?;
        violations.append(&mut found.violations);
    }
    Ok(violations)
}

/// The keys of a page's requests that are running and have no job.
async fn running_without_job(
    look: &Look<'_>,
    records: &[Stored],
) -> Result<HashSet<Key>, StoreError> {
    let running = records.iter().filter_map(|stored| match known::read(stored) {
        Ok(Known::Request(request)) if request.is_running() => Some((stored, request)),
        _ => None,
    });
    let running: Vec<(&Stored, Box<InvoiceRequest>)> = running.collect();
    let requests = running.iter().map(|(_, request)| &**request).collect();
    let missing = results::without_job(look, requests).await?;
    let is_missing =
        |request: &InvoiceRequest| missing.iter().any(|one| core::ptr::eq(*one, request));
    let keys = running.iter().filter(|(_, request)| is_missing(request));
    Ok(keys.map(|(stored, _)| stored.key.clone()).collect())
}

/// A job's request is never removed before it, and a job is not changed but ended: one look is enough.
async fn check_jobs(look: &Look<'_>, watcher: &mut dyn Watcher) -> Result<(), StoreError> {
    let mut query = JobQuery { limit: PAGE, ..JobQuery::default() };
    let mut count = 0;
    loop {
        let page: Vec<Job> = look.store.jobs(&query).await?;
        for job in &page {
            let mut found = Found::of(Subject::from(&job.id));
            passed(results::job(look, job, &mut found).await)?;
            found.violations.into_iter().for_each(|violation| watcher.found(violation));
        }
        count += u64::try_from(page.len()).expect("a page is small");
        watcher.looked_at("jobs", count);
        match page.last() {
            Some(last) if page.len() == PAGE => query.after = Some(last.number),
            _ => return Ok(()),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "it looks again after a while of real time")]
async fn pause() {
    tokio::time::sleep(PAUSE).await;
}
