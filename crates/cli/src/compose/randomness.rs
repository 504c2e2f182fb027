//! Where randomness comes from: the operating system, or the sandbox's seed.

use super::error::ComposeError;
use crate::settings::{ModeName, Settings};
use kaipiao_app::Failure;
use kaipiao_app::seeded::{self, SeededEntropy};
use kaipiao_ports::entropy::{Entropy, OsEntropy};
use kaipiao_ports::record::Save;
use kaipiao_ports::store::{Commit, Store};
use kaipiao_records::record::{self, Versioned};
use kaipiao_records::server::{SeededRuns, StoreMetadata};
use kaipiao_wire::keys::Keys;
use std::sync::Arc;

/// Counts this run where it follows from a seed; a store that has what was made otherwise is refused then. A run without one
/// ends the count.
pub(super) async fn randomness(
    settings: &Settings,
    store: &dyn Store,
) -> Result<Arc<dyn Entropy>, ComposeError> {
    let found = record::get_fresh::<SeededRuns>(store, &SeededRuns::key()).await;
    let found = found.map_err(Failure::from)?;
    let expect = Versioned::expect(found.as_ref());
    let seed = settings.sandbox.seed().filter(|_| settings.mode == ModeName::Sandbox);
    let Some(seed) = seed else {
        if found.is_some() {
            commit(store, record::removal(SeededRuns::key(), expect)).await?;
        }
        return Ok(Arc::new(OsEntropy));
    };
    check_made_with(seed, settings, store, found.is_some()).await?;
    let count = found.map_or(0, |found| found.value.count) + 1;
    commit(store, record::save(SeededRuns::key(), expect, &SeededRuns { count })).await?;
    Ok(Arc::new(SeededEntropy::new(seed, count)))
}

async fn commit(store: &dyn Store, save: Save) -> Result<(), Failure> {
    store.commit(Commit::of(vec![save])).await?;
    Ok(())
}

/// An error: what is in the store does not follow from this seed alone.
async fn check_made_with(
    seed: &str,
    settings: &Settings,
    store: &dyn Store,
    is_counted: bool,
) -> Result<(), ComposeError> {
    let made = record::get_fresh::<StoreMetadata>(store, &StoreMetadata::key()).await;
    let Some(made) = made.map_err(Failure::from)? else { return Ok(()) };
    // A key of the operator's own follows from no seed.
    let has_own_key = !settings.server_key_file.as_os_str().is_empty();
    let seeds = Keys::derive_sandbox(&seeded::server_key(seed));
    let is_seeds = has_own_key || made.value.key_fingerprint == seeds.fingerprint();
    if is_counted && is_seeds {
        return Ok(());
    }
    let otherwise = if is_counted { "with another seed" } else { "without a seed" };
    Err(ComposeError::NotOfSeed(settings.data.clone(), otherwise))
}
