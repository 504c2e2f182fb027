//! CreateTimes: `max(now, last + 1)` for each user of an account, without a table of the last ones.
//!
//! The recent ones are in memory; of every other user one bound is known that their last one does not
//! exceed. After a crash the newest pushes are read for it, and those that ran ahead of the
//! clock, which have an index of their own.

use kaipiao_domain::delivery::push::create_time_s;
use kaipiao_ports::delivery::outbox::NewPush;
use rusqlite::Connection;
use std::collections::HashMap;

/// Pushes whose CreateTimes are read after a crash. Of older ones it is taken for granted that they
/// were committed no later than the older half of these: true unless the clock has stepped back
/// behind thousands of pushes.
const NEWEST: usize = 4096;
/// Entries before those that the clock has overtaken are dropped.
const SWEEP_AT: usize = 65_536;

#[derive(Default)]
pub(crate) struct CreateTimes {
    /// The last CreateTime of users of an account.
    last_s: HashMap<(String, String), i64>,
    /// The CreateTimes of users that are not in the map are no larger.
    bound_s: i64,
    sweep_at: usize,
}

impl CreateTimes {
    pub(crate) fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let mut times = Self { last_s: HashMap::new(), bound_s: i64::MIN, sweep_at: SWEEP_AT };
        let mut newest = connection.prepare(
            "SELECT account, openid, create_time_s, committed_ms FROM pushes \
             ORDER BY number DESC LIMIT ?1",
        )?;
        let mut rows = newest.query([i64::try_from(NEWEST).unwrap_or(i64::MAX)])?;
        let (mut read, mut older_half_s) = (0, i64::MIN);
        while let Some(row) = rows.next()? {
            times.keep((row.get(0)?, row.get(1)?), row.get(2)?);
            read += 1;
            if read > NEWEST / 2 {
                let committed_ms: i64 = row.get(3)?;
                older_half_s = older_half_s.max(committed_ms.div_euclid(1000));
            }
        }
        if read == NEWEST {
            times.bound_s = older_half_s;
        }
        let mut ahead = connection.prepare(
            "SELECT account, openid, create_time_s FROM pushes INDEXED BY pushes_ahead \
             WHERE create_time_s > committed_ms / 1000 AND create_time_s > ?1 ORDER BY number DESC",
        )?;
        let mut rows = ahead.query([times.bound_s])?;
        while let Some(row) = rows.next()? {
            times.keep((row.get(0)?, row.get(1)?), row.get(2)?);
        }
        Ok(times)
    }

    /// The newest first: an older one that is larger was given out by a clock that was far ahead.
    fn keep(&mut self, user: (String, String), create_time_s: i64) {
        self.last_s.entry(user).or_insert(create_time_s);
    }

    /// The CreateTime of a new push, in unix seconds.
    pub(crate) fn give(&mut self, push: &NewPush) -> i64 {
        let now_s = push.now_ms.div_euclid(1000);
        let key = (push.account.clone(), push.openid.clone());
        // A user that is not in the map has had none above the bound; before a moment that was
        // never seen there is nothing to be unique with.
        let last_s =
            self.last_s.get(&key).copied().or((now_s <= self.bound_s).then_some(self.bound_s));
        let create_time_s = create_time_s(last_s, now_s);
        self.last_s.insert(key, create_time_s);
        if self.last_s.len() > self.sweep_at {
            self.sweep(now_s);
        }
        create_time_s
    }

    /// Drops what the clock has overtaken.
    fn sweep(&mut self, now_s: i64) {
        self.last_s.retain(|_, last_s| *last_s >= now_s);
        self.bound_s = self.bound_s.max(now_s - 1);
        self.sweep_at = SWEEP_AT.max(self.last_s.len() * 2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaipiao_domain::delivery::push::PushKind;
    use kaipiao_ports::delivery::outbox::{Destination, NewBody};

    fn push(openid: &str, now_ms: i64) -> NewPush {
        NewPush {
            account: "wx1".into(),
            destination: Destination::Callback,
            kind: PushKind::Event,
            ordering_key: "1".into(),
            openid: openid.into(),
            event: "e",
            body: NewBody::Whole(String::new()),
            now_ms,
        }
    }

    #[test]
    fn a_sweep_forgets_nobody_who_runs_ahead_and_a_clock_that_steps_back_repeats_nothing() {
        let mut times = CreateTimes { bound_s: i64::MIN, sweep_at: 2, ..CreateTimes::default() };
        assert_eq!(times.give(&push("a", 5000)), 5);
        assert_eq!(times.give(&push("a", 5000)), 6);
        assert_eq!(times.give(&push("b", 5000)), 5);
        assert_eq!(times.give(&push("c", 6000)), 6);
        assert!(times.last_s.len() <= 2, "b is overtaken");
        assert_eq!(times.give(&push("a", 6000)), 7);
        // The clock steps back behind what b was given.
        assert_eq!(times.give(&push("b", 5000)), 6);
        assert_eq!(times.give(&push("d", 9000)), 9);
    }
}
