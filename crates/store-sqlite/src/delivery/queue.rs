//! Work that is to be done, and who holds it: in memory, since one process has the store to itself.
//! Taking a claim costs no write, and opening the store again frees them all.
//!
//! The database is the truth. The writer changes this book in one step after a COMMIT and before it
//! answers, so what a holder finds here is never older than what was reported.

use kaipiao_ports::delivery::claims::{ClaimToken, DueTurn, Queue, TurnKey};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Work of one queue, by its numbers.
pub(crate) struct WorkQueue {
    queue: Queue,
    work: HashMap<i64, Work>,
    /// What nobody holds, by the time it is due.
    free: BTreeMap<Arc<TurnKey>, BTreeSet<(i64, i64)>>,
    held: HashMap<i64, Held>,
    /// Held work, by when the claim lapses.
    lapses: BTreeSet<(Instant, i64)>,
}

struct Work {
    turn: Arc<TurnKey>,
    due_ms: i64,
}

struct Held {
    serial: u64,
    since: Instant,
    until: Instant,
}

/// Unlike any that this process gave out before, also for a store that it has closed since.
fn new_serial() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    LAST.fetch_add(1, Ordering::Relaxed) + 1
}

impl WorkQueue {
    pub(crate) fn new(queue: Queue) -> Self {
        Self {
            queue,
            work: HashMap::new(),
            free: BTreeMap::new(),
            held: HashMap::new(),
            lapses: BTreeSet::new(),
        }
    }

    /// Adds work, or sets it anew; whoever held it has let go of it.
    pub(crate) fn put(&mut self, number: i64, turn: &TurnKey, due_ms: i64) {
        self.remove(number);
        let turn = match self.free.get_key_value(turn) {
            Some((turn, _)) => Arc::clone(turn),
            None => Arc::new(turn.clone()),
        };
        self.work.insert(number, Work { turn, due_ms });
        self.set_free(number);
    }

    /// Takes work out, held or not.
    pub(crate) fn remove(&mut self, number: i64) {
        let Some(work) = self.work.remove(&number) else { return };
        if self.let_go(number).is_none() {
            self.take_out(&work.turn, work.due_ms, number);
        }
    }

    fn set_free(&mut self, number: i64) {
        let work = &self.work[&number];
        self.free.entry(Arc::clone(&work.turn)).or_default().insert((work.due_ms, number));
    }

    fn take_out(&mut self, turn: &Arc<TurnKey>, due_ms: i64, number: i64) {
        if let Some(free) = self.free.get_mut(turn) {
            free.remove(&(due_ms, number));
            if free.is_empty() {
                self.free.remove(turn);
            }
        }
    }

    fn let_go(&mut self, number: i64) -> Option<Held> {
        let held = self.held.remove(&number)?;
        self.lapses.remove(&(held.until, number));
        Some(held)
    }

    /// Frees what nobody has renewed in time.
    fn lapse(&mut self) {
        let now = Instant::now();
        while let Some((until, number)) = self.lapses.first().copied()
            && until <= now
        {
            self.let_go(number);
            self.set_free(number);
        }
    }

    /// Claims what is due of a turn, `limit` pieces at most. Returns the tokens, and when the turn's
    /// next piece is due that nobody holds.
    pub(crate) fn claim(
        &mut self,
        turn: &TurnKey,
        due_by_ms: i64,
        lapses_in: Duration,
        limit: usize,
    ) -> (Vec<ClaimToken>, Option<i64>) {
        self.lapse();
        let Some(free) = self.free.get(turn) else { return (Vec::new(), None) };
        let due = free.iter().take_while(|(due_ms, _)| *due_ms <= due_by_ms).take(limit);
        let due: Vec<_> = due.copied().collect();
        let turn = Arc::clone(self.free.get_key_value(turn).expect("it was found above").0);
        let since = Instant::now();
        let tokens = due.into_iter().map(|(due_ms, number)| {
            self.take_out(&turn, due_ms, number);
            let (serial, until) = (new_serial(), since + lapses_in);
            self.held.insert(number, Held { serial, since, until });
            self.lapses.insert((until, number));
            ClaimToken { queue: self.queue, number, serial }
        });
        let tokens: Vec<_> = tokens.collect();
        (tokens, self.next_due_ms(&turn))
    }

    fn next_due_ms(&self, turn: &TurnKey) -> Option<i64> {
        self.free.get(turn)?.first().map(|(due_ms, _)| *due_ms)
    }

    /// The turn of some work, and when it is due.
    pub(crate) fn turn_and_due(&self, number: i64) -> Option<(TurnKey, i64)> {
        self.work.get(&number).map(|work| (TurnKey::clone(&work.turn), work.due_ms))
    }

    /// Whether a claim still holds.
    pub(crate) fn holds(&self, token: ClaimToken) -> bool {
        let now = Instant::now();
        let held = self.held.get(&token.number);
        held.is_some_and(|held| held.serial == token.serial && held.until > now)
    }

    /// Real time since somebody has held it; None: nobody does.
    pub(crate) fn held_for(&self, number: i64) -> Option<Duration> {
        let held = self.held.get(&number).filter(|held| held.until > Instant::now());
        held.map(|held| held.since.elapsed())
    }

    /// Prolongs a claim. False: it no longer holds.
    pub(crate) fn renew(&mut self, token: ClaimToken, lapses_in: Duration) -> bool {
        if !self.holds(token) {
            return false;
        }
        let held = self.held.get_mut(&token.number).expect("it holds");
        self.lapses.remove(&(held.until, token.number));
        held.until = Instant::now() + lapses_in;
        self.lapses.insert((held.until, token.number));
        true
    }

    /// Lets go of a claim, if it holds.
    pub(crate) fn release(&mut self, token: ClaimToken) {
        if self.holds(token) {
            self.let_go(token.number);
            self.set_free(token.number);
        }
    }

    /// How much work there is, held or not.
    pub(crate) fn count(&self) -> usize {
        self.work.len()
    }

    /// Turns with free work that is due, behind this one.
    pub(crate) fn due_turns(
        &mut self,
        due_by_ms: i64,
        after: Option<&TurnKey>,
        limit: usize,
    ) -> Vec<DueTurn> {
        self.lapse();
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let behind = self.free.range::<TurnKey, _>((from, Bound::Unbounded));
        let due = behind.filter_map(|(turn, free)| {
            let due_ms = free.first().map(|(due_ms, _)| *due_ms)?;
            (due_ms <= due_by_ms).then(|| DueTurn { due_ms, turn: TurnKey::clone(turn) })
        });
        due.take(limit).collect()
    }

    /// Replaces all work by what the database has; claims on what is still there hold.
    pub(crate) fn reload(&mut self, work: impl IntoIterator<Item = (i64, TurnKey, i64)>) {
        let held = core::mem::take(&mut self.held);
        *self = Self::new(self.queue);
        for (number, turn, due_ms) in work {
            self.put(number, &turn, due_ms);
        }
        for (number, held) in held {
            if let Some(Work { turn, due_ms }) = self.work.get(&number) {
                let (turn, due_ms) = (Arc::clone(turn), *due_ms);
                self.take_out(&turn, due_ms, number);
                self.lapses.insert((held.until, number));
                self.held.insert(number, held);
            }
        }
    }
}
