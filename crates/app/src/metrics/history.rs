//! The last 24 hours by the minute, in memory: what an operator sees first. They are this process's own,
//! in real time, and begin anew with it.
//!
//! Whoever notes something adds to atomics; a lock is taken once a minute, by who comes first.

use core::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use core::time::Duration;
use kaipiao_domain::Timestamp;
use std::sync::{Mutex, OnceLock, PoisonError};

/// Minutes that are kept.
pub const KEPT_MINUTES: usize = 24 * 60;

/// Bounds of one octave of latencies, in microseconds; each of the [`OCTAVES`] has twice those of the one before.
const FIRST_OCTAVE_US: [u64; 4] = [250, 297, 354, 420];
const OCTAVES: usize = 16;
/// One more for what takes longer.
const LATENCIES: usize = FIRST_OCTAVE_US.len() * OCTAVES + 1;

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestEnd {
    /// With what was asked for.
    Answered,
    /// With an errcode that says what is wrong about it.
    Refused,
    /// With a fault of this server's.
    Failed,
}

/// What an operator counts besides requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A user has authorized an order.
    Authorized,
    /// An invoice was issued.
    InvoiceIssued,
    /// A try of an invoice ended without one.
    InvoiceFailed,
    /// A push was delivered.
    PushDelivered,
    /// A push was given up.
    PushFailed,
    /// A try of a push failed, whether another one follows or not.
    PushTryFailed,
    /// A push had no address to go to.
    PushUnroutable,
}

/// How long requests took: how many of them were within each bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Latencies([u32; LATENCIES]);

impl Default for Latencies {
    fn default() -> Self {
        Self([0; LATENCIES])
    }
}

impl Latencies {
    /// Those of several minutes as one.
    #[must_use]
    pub fn sum<'a>(all: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut sum = Self::default();
        for Self(counts) in all {
            for (total, count) in sum.0.iter_mut().zip(counts) {
                *total = total.saturating_add(*count);
            }
        }
        sum
    }

    /// What so many percent of the requests took at most, to a fifth; None: there were none.
    pub fn percentile(&self, percent: u64) -> Option<Duration> {
        let all: u64 = self.0.iter().copied().map(u64::from).sum();
        let wanted = (all * percent).div_ceil(100);
        let mut seen = 0;
        let place = self.0.iter().position(|count| {
            seen += u64::from(*count);
            seen >= wanted
        });
        (all > 0).then(|| latency_bound(place.unwrap_or(LATENCIES - 1)))
    }
}

/// What happened within a minute.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Minute {
    /// Its beginning, in seconds of Unix time.
    pub begins_unix_s: i64,
    /// Requests in all.
    pub requests: u32,
    /// Those of them that were refused.
    pub refusals: u32,
    /// Those that failed.
    pub failures: u32,
    /// How long they took.
    pub latencies: Latencies,
    /// Orders that users authorized.
    pub authorizations: u32,
    /// Invoices that were issued.
    pub invoices_issued: u32,
    /// Tries of invoices that ended without one.
    pub invoices_failed: u32,
    /// Pushes that were delivered.
    pub pushes_delivered: u32,
    /// Pushes that were given up.
    pub pushes_failed: u32,
    /// Tries of pushes that failed.
    pub push_tries_failed: u32,
    /// Pushes that had no address.
    pub pushes_unroutable: u32,
}

/// The minutes.
pub struct History {
    /// Each minute's place is its number modulo their count; one is made when something first happens in it.
    slots: Box<[OnceLock<Box<Slot>>]>,
}

impl Default for History {
    fn default() -> Self {
        Self { slots: (0..KEPT_MINUTES).map(|_| OnceLock::new()).collect() }
    }
}

impl History {
    /// Notes the end of a request.
    pub fn note_request(&self, real_now: Timestamp, end: RequestEnd, took: Duration) {
        let slot = self.slot(real_now);
        add_one(&slot.requests);
        match end {
            RequestEnd::Answered => {}
            RequestEnd::Refused => add_one(&slot.refusals),
            RequestEnd::Failed => add_one(&slot.failures),
        }
        add_one(&slot.latencies[latency_place(took)]);
    }

    /// Notes something else.
    pub fn note(&self, real_now: Timestamp, event: Event) {
        add_one(&self.slot(real_now).events[event as usize]);
    }

    /// The last so many minutes up to this moment's, the oldest first, also those in which nothing happened.
    pub fn last(&self, real_now: Timestamp, minutes: usize) -> Vec<Minute> {
        let newest = minute_of(real_now);
        let count = i64::try_from(minutes.min(KEPT_MINUTES)).unwrap_or(0);
        (newest + 1 - count..=newest).map(|minute| self.minute(minute)).collect()
    }

    fn minute(&self, minute: i64) -> Minute {
        let nothing = Minute { begins_unix_s: minute * 60, ..Minute::default() };
        match self.slots[place_of(minute)].get() {
            Some(slot) if slot.minute.load(Ordering::Acquire) == minute => slot.told(nothing),
            _ => nothing,
        }
    }

    fn slot(&self, now: Timestamp) -> &Slot {
        let minute = minute_of(now);
        let slot = self.slots[place_of(minute)].get_or_init(|| Box::new(Slot::of(minute)));
        if slot.minute.load(Ordering::Acquire) != minute {
            slot.begin(minute);
        }
        slot
    }
}

/// A minute that something has happened in.
struct Slot {
    minute: AtomicI64,
    beginning: Mutex<()>,
    requests: AtomicU32,
    refusals: AtomicU32,
    failures: AtomicU32,
    events: [AtomicU32; Event::PushUnroutable as usize + 1],
    latencies: [AtomicU32; LATENCIES],
}

impl Slot {
    fn of(minute: i64) -> Self {
        Self {
            minute: AtomicI64::new(minute),
            beginning: Mutex::default(),
            requests: AtomicU32::default(),
            refusals: AtomicU32::default(),
            failures: AtomicU32::default(),
            events: Default::default(),
            latencies: core::array::from_fn(|_| AtomicU32::default()),
        }
    }

    /// Makes it this minute's, whatever minute of another day it was.
    fn begin(&self, minute: i64) {
        let _one_of_all = self.beginning.lock().unwrap_or_else(PoisonError::into_inner);
        if self.minute.load(Ordering::Acquire) == minute {
            return;
        }
        let counts = [&self.requests, &self.refusals, &self.failures];
        for count in counts.into_iter().chain(&self.events).chain(&self.latencies) {
            count.store(0, Ordering::Relaxed);
        }
        self.minute.store(minute, Ordering::Release);
    }

    fn told(&self, minute: Minute) -> Minute {
        let event = |event: Event| count(&self.events[event as usize]);
        Minute {
            requests: count(&self.requests),
            refusals: count(&self.refusals),
            failures: count(&self.failures),
            latencies: Latencies(self.latencies.each_ref().map(count)),
            authorizations: event(Event::Authorized),
            invoices_issued: event(Event::InvoiceIssued),
            invoices_failed: event(Event::InvoiceFailed),
            pushes_delivered: event(Event::PushDelivered),
            pushes_failed: event(Event::PushFailed),
            push_tries_failed: event(Event::PushTryFailed),
            pushes_unroutable: event(Event::PushUnroutable),
            ..minute
        }
    }
}

fn add_one(count: &AtomicU32) {
    count.fetch_add(1, Ordering::Relaxed);
}

fn count(count: &AtomicU32) -> u32 {
    count.load(Ordering::Relaxed)
}

fn minute_of(now: Timestamp) -> i64 {
    now.unix_seconds().div_euclid(60)
}

fn place_of(minute: i64) -> usize {
    usize::try_from(minute.rem_euclid(KEPT_MINUTES as i64)).unwrap_or(0)
}

/// The longest of the latencies at a place; what takes longer than the last bound counts as twice as long.
fn latency_bound(place: usize) -> Duration {
    let octave = FIRST_OCTAVE_US.len();
    Duration::from_micros(FIRST_OCTAVE_US[place % octave] << (place / octave))
}

fn latency_place(took: Duration) -> usize {
    (0..LATENCIES - 1).find(|place| took <= latency_bound(*place)).unwrap_or(LATENCIES - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_unix_millis(minute * 60_000 + 59_999)
    }

    #[test]
    fn each_minute_has_what_happened_in_it_and_empty_ones_are_there_too() {
        let history = History::default();
        for (end, ms) in [
            (RequestEnd::Answered, 1),
            (RequestEnd::Answered, 1),
            (RequestEnd::Refused, 1),
            (RequestEnd::Failed, 2000),
        ] {
            history.note_request(at(1000), end, Duration::from_millis(ms));
        }
        history.note(at(1002), Event::Authorized);
        history.note(at(1002), Event::PushFailed);
        let [before, first, between, last] = &history.last(at(1002), 4)[..] else { panic!() };
        assert_eq!(*before, Minute { begins_unix_s: 999 * 60, ..Minute::default() });
        assert_eq!((first.requests, first.refusals, first.failures), (4, 1, 1));
        let p50 = first.latencies.percentile(50).unwrap();
        assert!((1000..1200).contains(&p50.as_micros()), "{p50:?}");
        let p99 = first.latencies.percentile(99).unwrap();
        assert!((2000..2400).contains(&p99.as_millis()), "{p99:?}");
        assert_eq!(*between, Minute { begins_unix_s: 1001 * 60, ..Minute::default() });
        let counts = (last.authorizations, last.pushes_failed, last.pushes_delivered);
        assert_eq!((counts, last.requests, last.latencies.percentile(50)), ((1, 1, 0), 0, None));
    }

    #[test]
    fn several_minutes_have_the_percentiles_of_all_their_requests() {
        let history = History::default();
        let note = |minute, ms| {
            history.note_request(at(minute), RequestEnd::Answered, Duration::from_millis(ms));
        };
        (0..998).for_each(|_| note(1, 1));
        note(2, 10_000);
        note(3, 1);
        let minutes = history.last(at(3), 3);
        assert!(minutes[1].latencies.percentile(99).unwrap() >= Duration::from_secs(10));
        let all = Latencies::sum(minutes.iter().map(|minute| &minute.latencies));
        assert!(all.percentile(99).unwrap() < Duration::from_millis(2));
        assert!(all.percentile(100).unwrap() >= Duration::from_secs(10));
    }

    #[test]
    fn a_day_later_nothing_of_a_minute_is_left() {
        let history = History::default();
        let day = KEPT_MINUTES as i64;
        history.note(at(5), Event::InvoiceIssued);
        assert_eq!(history.last(at(5 + day - 1), KEPT_MINUTES)[0].invoices_issued, 1);
        assert!(history.last(at(5 + day), KEPT_MINUTES).iter().all(|m| m.invoices_issued == 0));
        history.note(at(5 + day), Event::InvoiceFailed);
        let newest = history.last(at(5 + day), 1).remove(0);
        assert_eq!((newest.invoices_issued, newest.invoices_failed), (0, 1));
        assert_eq!(history.last(at(5 + day), usize::MAX).len(), KEPT_MINUTES);
    }

    #[test]
    fn nothing_is_lost_when_many_begin_a_minute_at_once() {
        let history = History::default();
        let day = KEPT_MINUTES as i64;
        for minute in [7, 7 + day, 7 + 2 * day] {
            std::thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(|| {
                        for _ in 0..1000 {
                            let took = Duration::from_secs(100);
                            history.note_request(at(minute), RequestEnd::Answered, took);
                        }
                    });
                }
            });
            let counted = history.last(at(minute), 1).remove(0);
            assert_eq!(counted.requests, 8000);
            assert_eq!(counted.latencies.percentile(99), Some(latency_bound(LATENCIES - 1)));
        }
    }
}
