//! Old requests go, in small steps.

use crate::table;
use core::time::Duration;
use rusqlite::Connection;

/// How much is kept.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// So long.
    pub(crate) keep: Duration,
    /// So many bytes.
    pub(crate) most_bytes: u64,
}

/// Requests that a step removes, besides as many as came.
const STEP: usize = 256;
/// Requests that make room at once.
const FEW: usize = 16;
/// Pages that a step gives back to the disk.
const VACUUM_PAGES: u32 = 256;

/// The file's size, in bytes.
struct Size {
    /// Of what is in use.
    used: u64,
    whole: u64,
}

fn size(connection: &Connection) -> rusqlite::Result<Size> {
    let of = |pragma: &str| -> rusqlite::Result<u64> {
        let value: i64 = connection.pragma_query_value(None, pragma, |row| row.get(0))?;
        Ok(u64::try_from(value).unwrap_or(0))
    };
    let (page, pages, free) = (of("page_size")?, of("page_count")?, of("freelist_count")?);
    Ok(Size { used: page * (pages - free.min(pages)), whole: page * pages })
}

impl Limits {
    /// Whether the file has more in use than it may.
    pub(crate) fn is_full(self, connection: &Connection) -> rusqlite::Result<bool> {
        Ok(size(connection)?.used > self.most_bytes)
    }

    /// A step, within the transaction that has added so many; true: there is more to do.
    pub(crate) fn step(
        self,
        connection: &Connection,
        real_now_ms: i64,
        added: usize,
    ) -> rusqlite::Result<bool> {
        let most = STEP + 2 * added;
        let keep_ms = i64::try_from(self.keep.as_millis()).unwrap_or(i64::MAX);
        let oldest_us = real_now_ms.saturating_sub(keep_ms).saturating_mul(1000);
        let mut removed = table::remove_oldest(connection, oldest_us, most)?;
        // A few at a time, so that no more goes than has to.
        while removed < most && self.is_full(connection)? {
            match table::remove_oldest(connection, i64::MAX, FEW)? {
                0 => break,
                some => removed += some,
            }
        }
        Ok(removed >= most)
    }

    /// Gives pages back that are free, where the file is larger than it may be.
    pub(crate) fn shrink(self, connection: &Connection) -> rusqlite::Result<()> {
        if size(connection)?.whole > self.most_bytes {
            connection.execute_batch(&format!("PRAGMA incremental_vacuum({VACUUM_PAGES})"))?;
        }
        Ok(())
    }
}
