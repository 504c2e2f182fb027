//! Where randomness comes from: the operating system, or the sandbox's seed.

use super::error::ComposeError;
use crate::settings::{ModeName, Settings};
use kaipiao_app::Failure;
use kaipiao_app::seeded::SeededEntropy;
use kaipiao_ports::entropy::{Entropy, OsEntropy};
use kaipiao_ports::store::{Commit, Store};
use kaipiao_records::record::{self, Versioned};
use kaipiao_records::server::SeededRuns;
use std::sync::Arc;

/// Counts this run where it follows from a seed.
pub(super) async fn randomness(
    settings: &Settings,
    store: &dyn Store,
) -> Result<Arc<dyn Entropy>, ComposeError> {
    let seed = settings.sandbox.seed().filter(|_| settings.mode == ModeName::Sandbox);
    let Some(seed) = seed else { return Ok(Arc::new(OsEntropy)) };
    let found = record::get_fresh::<SeededRuns>(store, &SeededRuns::key()).await;
    let found = found.map_err(Failure::from)?;
    let count = found.as_ref().map_or(0, |found| found.value.count) + 1;
    let expect = Versioned::expect(found.as_ref());
    let save = record::save(SeededRuns::key(), expect, &SeededRuns { count });
    store.commit(Commit::of(vec![save])).await.map_err(Failure::from)?;
    Ok(Arc::new(SeededEntropy::new(seed, count)))
}
