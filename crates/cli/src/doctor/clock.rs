//! The clock, against the newest that the store has seen.

use super::finding::Finding;
use kaipiao_domain::Timestamp;
use kaipiao_ports::clock::{Clock, SystemClock};
use kaipiao_ports::errors::StoreError;
use kaipiao_ports::record::Kind;
use kaipiao_ports::store::{After, ListBy, Page, PageOrder, Store};
use kaipiao_records::record;
use kaipiao_records::server::ClockSetting;

/// Accounts that are read at once.
const PAGE: usize = 256;
/// Accounts that are asked for their newest order.
const ACCOUNTS: usize = 10_000;
/// 2026-01-01: no machine that runs this is earlier.
const EARLIEST: Timestamp = Timestamp::from_unix_millis(1_767_225_600_000);

/// Whether the machine's clock can be right.
pub(super) fn machine(findings: &mut Vec<Finding>) {
    findings.extend(too_early(SystemClock::default().real_now()));
}

fn too_early(now: Timestamp) -> Option<Finding> {
    let advice = "set it, and keep it right with NTP";
    (now < EARLIEST).then(|| Finding::error("clock", "it is before 2026", advice))
}

/// Whether the machine's clock is behind what the store has seen.
pub(super) async fn against_store(
    store: &dyn Store,
    findings: &mut Vec<Finding>,
) -> Result<(), StoreError> {
    let setting = record::get::<ClockSetting>(store, &ClockSetting::key()).await?;
    let course = setting.map(|setting| setting.value).unwrap_or_default().course;
    // Read behind what it is compared with, so an order of this moment is not ahead of it.
    let newest = newest_order(store).await?;
    let now = course.at(SystemClock::default().real_now());
    findings.push(compared(newest, now));
    Ok(())
}

fn compared(newest: Option<Timestamp>, now: Timestamp) -> Finding {
    match newest {
        Some(newest) if newest.is_ahead_of(now) => {
            let behind = newest.since(now).as_secs();
            let found = format!("it is {behind} s behind the newest order of the store");
            let advice = "set it right before the server starts: what was issued in that time \
                          serves only then, and CreateTimes run ahead until then";
            Finding::error("clock", found, advice)
        }
        Some(_) => Finding::ok("clock", "it is not behind the newest order of the store"),
        None => Finding::ok("clock", "the store has no order to compare it with"),
    }
}

/// The moment of the newest order, of the accounts that are looked at.
async fn newest_order(store: &dyn Store) -> Result<Option<Timestamp>, StoreError> {
    let mut page = Page::by_key(Kind::Account, None, PAGE);
    let (mut newest, mut looked_at) = (None, 0);
    loop {
        let accounts = store.list(&page).await?;
        for account in &accounts {
            newest = newest.max(newest_of(store, &account.stored.key.owner).await?);
        }
        looked_at += accounts.len();
        match accounts.last() {
            Some(last) if accounts.len() == PAGE && looked_at < ACCOUNTS => {
                page.after = Some(After::key(last.stored.key.owner.clone(), ""));
            }
            _ => return Ok(newest),
        }
    }
}

async fn newest_of(store: &dyn Store, owner: &str) -> Result<Option<Timestamp>, StoreError> {
    let by = ListBy::Time { owner: owner.to_owned(), from_ms: i64::MIN, to_ms: i64::MAX };
    let order = PageOrder::Descending;
    let page = Page { kind: Kind::Order, by, after: None, order, limit: 1 };
    let newest = store.list(&page).await?;
    Ok(newest.first().map(|listed| Timestamp::from_unix_millis(listed.time_ms)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Level;
    use core::time::Duration;

    #[test]
    fn a_clock_behind_the_store_is_an_error_and_a_small_step_is_none() {
        let now = EARLIEST;
        let found = |ahead_s| compared(Some(now + Duration::from_secs(ahead_s)), now);
        assert_eq!(found(0).level, Level::Ok);
        assert_eq!(found(300).level, Level::Ok);
        let behind = found(3600);
        assert_eq!((behind.level, behind.found.contains("3600 s behind")), (Level::Error, true));
        assert_eq!(compared(None, now).level, Level::Ok);
    }

    #[test]
    fn a_clock_that_was_never_set_is_an_error() {
        assert_eq!(too_early(Timestamp::default()).unwrap().level, Level::Error);
        assert_eq!(too_early(EARLIEST), None);
    }
}
