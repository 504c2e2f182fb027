//! The claims of one queue: what is due, turn by turn, and who may do it until when.

use kaipiao_ports::delivery::claims::{ClaimRequest, ClaimToken, DueTurn, Queue, TurnKey};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::time::{Duration, Instant};

/// Far enough that no process sees it.
const FOREVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// A piece of work in its queue.
#[derive(Clone)]
struct Work {
    turn: TurnKey,
    due_ms: i64,
}

struct Held {
    serial: u64,
    since: Instant,
    lapses_at: Instant,
}

/// Work by number.
pub(crate) struct ClaimBook {
    queue: Queue,
    work: HashMap<i64, Work>,
    /// What nobody holds: when it is due, and its number.
    free: BTreeMap<TurnKey, BTreeSet<(i64, i64)>>,
    held: HashMap<i64, Held>,
    last_serial: u64,
}

impl ClaimBook {
    pub(crate) fn new(queue: Queue) -> Self {
        Self {
            queue,
            work: HashMap::new(),
            free: BTreeMap::new(),
            held: HashMap::new(),
            last_serial: 0,
        }
    }

    /// Offers work from a moment on. Whoever holds it has let go.
    pub(crate) fn offer(&mut self, number: i64, turn: TurnKey, due_ms: i64) {
        self.withdraw(number);
        self.free.entry(turn.clone()).or_default().insert((due_ms, number));
        self.work.insert(number, Work { turn, due_ms });
    }

    /// Takes work out of the queue.
    pub(crate) fn withdraw(&mut self, number: i64) {
        self.held.remove(&number);
        let Some(Work { turn, due_ms }) = self.work.remove(&number) else { return };
        if let Some(free) = self.free.get_mut(&turn) {
            free.remove(&(due_ms, number));
            if free.is_empty() {
                self.free.remove(&turn);
            }
        }
    }

    /// Claims what is due, longest first. Returns it with when the first of the rest is due.
    pub(crate) fn claim(&mut self, request: &ClaimRequest<'_>) -> (Vec<ClaimToken>, Option<i64>) {
        self.let_lapse();
        let Some(free) = self.free.get_mut(request.turn) else { return (Vec::new(), None) };
        let since = Instant::now();
        let lapses_at = since + request.lapses_in.min(FOREVER);
        let mut tokens = Vec::new();
        while tokens.len() < request.limit
            && let Some((due_ms, number)) = free.pop_first()
        {
            if due_ms > request.due_by_ms {
                free.insert((due_ms, number));
                break;
            }
            self.last_serial += 1;
            let serial = self.last_serial;
            self.held.insert(number, Held { serial, since, lapses_at });
            tokens.push(ClaimToken { queue: self.queue, number, serial });
        }
        let next_due_ms = free.first().map(|(due_ms, _)| *due_ms);
        if next_due_ms.is_none() {
            self.free.remove(request.turn);
        }
        (tokens, next_due_ms)
    }

    /// How much work there is.
    pub(crate) fn count(&self) -> usize {
        self.work.len()
    }

    pub(crate) fn due_turns(
        &mut self,
        due_by_ms: i64,
        after: Option<&TurnKey>,
        limit: usize,
    ) -> Vec<DueTurn> {
        self.let_lapse();
        let behind = after.map_or(Bound::Unbounded, Bound::Excluded);
        let turns = self.free.range::<TurnKey, _>((behind, Bound::Unbounded));
        let due = turns.filter_map(|(turn, free)| {
            let (due_ms, _) = *free.first()?;
            (due_ms <= due_by_ms).then(|| DueTurn { due_ms, turn: turn.clone() })
        });
        due.take(limit).collect()
    }

    /// Whether the claim has neither lapsed nor ended.
    pub(crate) fn holds(&self, token: ClaimToken) -> bool {
        self.held_for(token.number).is_some()
            && self.held.get(&token.number).is_some_and(|held| held.serial == token.serial)
    }

    /// How long somebody has held the work.
    pub(crate) fn held_for(&self, number: i64) -> Option<Duration> {
        let (held, now) = (self.held.get(&number)?, Instant::now());
        (now < held.lapses_at).then(|| now.duration_since(held.since))
    }

    /// Prolongs a claim. False: it no longer holds.
    pub(crate) fn renew(&mut self, token: ClaimToken, lapses_in: Duration) -> bool {
        let holds = self.holds(token);
        if holds && let Some(held) = self.held.get_mut(&token.number) {
            held.lapses_at = Instant::now() + lapses_in.min(FOREVER);
        }
        holds
    }

    pub(crate) fn release(&mut self, token: ClaimToken) {
        if self.holds(token) {
            self.free_again(token.number);
        }
    }

    pub(crate) fn release_all(&mut self) {
        let held: Vec<_> = self.held.keys().copied().collect();
        held.into_iter().for_each(|number| self.free_again(number));
    }

    fn let_lapse(&mut self) {
        let now = Instant::now();
        let lapsed = self.held.iter().filter(|(_, held)| held.lapses_at <= now);
        let lapsed: Vec<_> = lapsed.map(|(number, _)| *number).collect();
        lapsed.into_iter().for_each(|number| self.free_again(number));
    }

    fn free_again(&mut self, number: i64) {
        if let Some(Work { turn, due_ms }) = self.work.get(&number).cloned() {
            self.offer(number, turn, due_ms);
        }
    }
}
