//! What the disk itself can do: small appends, each synced before the next.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

/// Syncs per second of a 4 KiB append, one after the other, on the disk that holds `directory`.
pub(crate) fn syncs_per_s(directory: &Path, during: Duration) -> f64 {
    let mut file = File::create(directory.join("syncs")).expect("the directory takes a file");
    let (page, started) = ([7_u8; 4096], Instant::now());
    let mut syncs = 0_u32;
    while started.elapsed() < during {
        file.write_all(&page).expect("the disk takes a page");
        file.sync_data().expect("the disk syncs");
        syncs += 1;
    }
    f64::from(syncs) / started.elapsed().as_secs_f64()
}
