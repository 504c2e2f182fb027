//! The store: whether it can be read, whose it is, how large, and how much room there is.

use super::finding::Finding;
use crate::settings::{self, Settings};
use crate::{compose, store, tls};
use kaipiao_app::App;
use kaipiao_app::start;
use kaipiao_ports::store::Store;
use kaipiao_records::record;
use kaipiao_records::server::StoreMetadata;
use kaipiao_store_sqlite::{FILE_NAME, MOVED_NAME, OpenError};
use std::path::Path;
use std::sync::Arc;

const MIB: u64 = 1024 * 1024;
/// A server with less room than that stands still soon.
const TOO_LITTLE: u64 = 100 * MIB;
/// Less than that is a matter of days.
const LITTLE: u64 = 1024 * MIB;

/// The store, if it can be read.
pub(super) async fn open(
    settings: &Settings,
    findings: &mut Vec<Finding>,
) -> Option<Arc<dyn Store>> {
    let data = store::place(settings);
    match store::open_read_only(settings).await {
        Err(error) => {
            findings.push(Finding::error("store", error, ""));
            None
        }
        Ok(None) => {
            let found = format!("there is none in {data} yet; the first start makes it");
            findings.push(Finding::ok("store", found));
            None
        }
        Ok(Some(store)) if settings.database.is_given() => {
            findings.push(Finding::ok("store", format!("{data} can be read")));
            Some(store)
        }
        Ok(Some(store)) => {
            let marker = settings.data.join(MOVED_NAME);
            if marker.exists() {
                findings.push(Finding::error("store", OpenError::Moved(marker), ""));
                return Some(store);
            }
            let size =
                |name: &str| settings.data.join(name).metadata().map_or(0, |file| file.len());
            let (file, wal) = (size(FILE_NAME), size(&format!("{FILE_NAME}-wal")));
            let found = format!("{data} can be read: {} MiB, WAL {} MiB", file / MIB, wal / MIB);
            findings.push(Finding::ok("store", found));
            Some(store)
        }
    }
}

/// Whether the store was made with this key and in this mode.
pub(super) async fn belongs(
    app: &App,
    store: &dyn Store,
    settings: &Settings,
    findings: &mut Vec<Finding>,
) {
    let marked = record::get_fresh::<StoreMetadata>(store, &StoreMetadata::key()).await;
    findings.push(match marked {
        // As after `console-user add`: the first start writes it.
        Ok(None) => {
            Finding::ok("server key", "the first start binds the store to it and to the mode")
        }
        Ok(Some(_)) => match start::check_store_metadata(app, settings.mode.into()).await {
            Ok(()) => Finding::ok("server key", "it is the one that the store was made with"),
            Err(error) => Finding::error("server key", error, ""),
        },
        Err(error) => Finding::error("server key", error, ""),
    });
}

/// Whether others can read what is secret.
pub(super) fn secret_files(settings: &Settings, findings: &mut Vec<Finding>) {
    let key = compose::key_path(settings);
    let authority_key = tls::own_authority_key(settings);
    let own = [("server key", Some(&key)), ("tls", authority_key.as_ref())];
    let own = own.into_iter().filter_map(|(subject, path)| Some((subject, path?.as_path())));
    for (subject, path) in own.chain(settings.secret_files()) {
        if settings::open_to_others(path).is_some() {
            let found = format!("others than its owner may read {}", path.display());
            let advice = format!("chmod 600 {}", path.display());
            findings.push(Finding::warning(subject, found, advice));
        }
    }
}

/// How much room the data directory's disk has.
pub(super) fn room(settings: &Settings, findings: &mut Vec<Finding>) {
    let existing = settings.data.ancestors().find(|path| path.is_dir()).unwrap_or(Path::new("."));
    findings.push(match rustix::fs::statvfs(existing) {
        Ok(disk) => judged(disk.f_bavail.saturating_mul(disk.f_frsize)),
        Err(error) => {
            let found = format!("the room at {} is not known: {error}", existing.display());
            Finding::warning("disk", found, "")
        }
    });
}

fn judged(free: u64) -> Finding {
    let found = format!("{} MiB are free for the store", free / MIB);
    let advice = "make room: a server that cannot write answers -1";
    match free {
        _ if free < TOO_LITTLE => Finding::error("disk", found, advice),
        _ if free < LITTLE => Finding::warning("disk", found, advice),
        _ => Finding::ok("disk", found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Level;

    #[test]
    fn little_room_is_a_warning_and_hardly_any_an_error() {
        for (free, level) in [
            (0, Level::Error),
            (99 * MIB, Level::Error),
            (100 * MIB, Level::Warning),
            (1023 * MIB, Level::Warning),
            (1024 * MIB, Level::Ok),
        ] {
            assert_eq!(judged(free).level, level, "{free}");
        }
    }
}
