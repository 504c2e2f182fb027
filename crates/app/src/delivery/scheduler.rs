//! The scheduler of one queue on one node: whose work is claimed next, and how much of it.
//!
//! It knows turns (an account, and where its work goes), not the work itself, and does no I/O: the
//! worker says what is due, claims what it chooses, and says how that ended.
//!
//! - Turns that have something due stand in line; who comes, or comes again, goes to the end.
//! - A turn has at most [`Limits::per_turn`] pieces under way; at its limit it stands in no line,
//!   and comes back when one of them ends.
//! - Turns whose newest work failed stand in a line of their own and share
//!   [`Limits::failing_at_once`]: a thousand dead receivers cost the others nothing.
//! - What is due later waits by its time.

use kaipiao_ports::delivery::claims::TurnKey;
use std::collections::{BTreeSet, HashMap, VecDeque};

/// The limits of what is under way at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Of all turns.
    pub at_once: usize,
    /// Of one turn.
    pub per_turn: usize,
    /// Of all turns whose newest work failed.
    pub failing_at_once: usize,
}

/// Decides what is claimed next.
#[derive(Debug)]
pub struct Scheduler {
    limits: Limits,
    healthy: VecDeque<TurnKey>,
    failing: VecDeque<TurnKey>,
    later: BTreeSet<(i64, TurnKey)>,
    turns: HashMap<TurnKey, Turn>,
    running: usize,
    running_failing: usize,
    /// The failing line has the next choice: neither line starves the other.
    prefers_failing: bool,
}

#[derive(Debug, Default)]
struct Turn {
    state: TurnState,
    running: usize,
    is_failing: bool,
}

/// What a turn waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum TurnState {
    /// Nothing is known to be due.
    #[default]
    Idle,
    /// In one of the lines.
    Queued,
    /// At its limit, with more to do.
    Full,
    /// Until this moment, in the domain's milliseconds.
    Later(i64),
}

impl Scheduler {
    /// A scheduler that knows of no work.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            healthy: VecDeque::new(),
            failing: VecDeque::new(),
            later: BTreeSet::new(),
            turns: HashMap::new(),
            running: 0,
            running_failing: 0,
            prefers_failing: false,
        }
    }

    /// A turn has work that is due at this moment, or has been for a while.
    pub fn due(&mut self, turn: &TurnKey, due_ms: i64, now_ms: i64) {
        let state = self.turns.get(turn).map_or(TurnState::Idle, |known| known.state);
        match state {
            TurnState::Queued | TurnState::Full => {}
            TurnState::Later(known_ms) if known_ms <= due_ms && now_ms < known_ms => {}
            TurnState::Idle | TurnState::Later(_) if due_ms <= now_ms => self.enqueue(turn),
            TurnState::Idle | TurnState::Later(_) => self.set_state(turn, TurnState::Later(due_ms)),
        }
    }

    /// The turn to claim work of, and how much at most; None: nothing is due, or the limits are reached.
    pub fn next(&mut self, now_ms: i64) -> Option<(TurnKey, usize)> {
        while let Some((due_ms, turn)) = self.later.first().cloned()
            && due_ms <= now_ms
        {
            self.enqueue(&turn);
        }
        while self.running < self.limits.at_once {
            let is_failing = self.chooses_failing()?;
            self.prefers_failing = !is_failing;
            let line = if is_failing { &mut self.failing } else { &mut self.healthy };
            let turn = line.pop_front().expect("the line that was chosen has somebody");
            let known = self.turns.get_mut(&turn).expect("who stands in line is known");
            if known.is_failing != is_failing {
                // Its health has changed since it came.
                self.push_back(&turn);
                continue;
            }
            let room = self.limits.per_turn.saturating_sub(known.running);
            if room == 0 {
                known.state = TurnState::Full;
                continue;
            }
            known.state = TurnState::Idle;
            let free = self.limits.at_once - self.running;
            let share = match is_failing {
                true => self.limits.failing_at_once - self.running_failing,
                false => free,
            };
            return Some((turn, room.min(free).min(share)));
        }
        None
    }

    /// Whether the failing line is next; None: neither may be.
    fn chooses_failing(&self) -> Option<bool> {
        let failing =
            !self.failing.is_empty() && self.running_failing < self.limits.failing_at_once;
        match (self.healthy.is_empty(), failing) {
            (true, false) => None,
            (true, true) => Some(true),
            (false, false) => Some(false),
            (false, true) => Some(self.prefers_failing),
        }
    }

    /// Notes `count` claims of a turn, and when the turn's next piece is due.
    pub fn claimed(&mut self, turn: &TurnKey, count: usize, next_due_ms: Option<i64>, now_ms: i64) {
        let known = self.turns.entry(turn.clone()).or_default();
        known.running += count;
        self.running += count;
        self.running_failing += if known.is_failing { count } else { 0 };
        if let Some(due_ms) = next_due_ms {
            self.due(turn, due_ms, now_ms);
        }
        self.forget_if_idle(turn);
    }

    /// A piece of work has ended: well or not, or so that nothing is known of the receiver (None).
    pub fn ended(&mut self, turn: &TurnKey, failed: Option<bool>) {
        let Some(known) = self.turns.get_mut(turn) else { return };
        self.running_failing -= usize::from(known.is_failing);
        known.running -= 1;
        self.running -= 1;
        if let Some(failed) = failed
            && failed != known.is_failing
        {
            known.is_failing = failed;
            let running = known.running;
            self.running_failing = if failed {
                self.running_failing + running
            } else {
                self.running_failing - running
            };
        }
        if self.turns.get(turn).is_some_and(|known| known.state == TurnState::Full) {
            self.enqueue(turn);
        }
        self.forget_if_idle(turn);
    }

    /// When the first of what is due later is due, in the domain's milliseconds.
    pub fn next_due_ms(&self) -> Option<i64> {
        self.later.first().map(|(due_ms, _)| *due_ms)
    }

    /// Pieces of work that are under way.
    pub fn running(&self) -> usize {
        self.running
    }

    /// Turns that stand in the healthy line, in the failing one, and that wait for a later time.
    pub fn waiting(&self) -> [usize; 3] {
        [self.healthy.len(), self.failing.len(), self.later.len()]
    }

    fn enqueue(&mut self, turn: &TurnKey) {
        self.set_state(turn, TurnState::Queued);
        self.push_back(turn);
    }

    fn push_back(&mut self, turn: &TurnKey) {
        let line = if self.turns[turn].is_failing { &mut self.failing } else { &mut self.healthy };
        line.push_back(turn.clone());
    }

    fn set_state(&mut self, turn: &TurnKey, state: TurnState) {
        let known = self.turns.entry(turn.clone()).or_default();
        if let TurnState::Later(due_ms) = known.state {
            self.later.remove(&(due_ms, turn.clone()));
        }
        known.state = state;
        if let TurnState::Later(due_ms) = state {
            self.later.insert((due_ms, turn.clone()));
        }
    }

    fn forget_if_idle(&mut self, turn: &TurnKey) {
        let is_idle = |known: &Turn| {
            known.running == 0 && known.state == TurnState::Idle && !known.is_failing
        };
        if self.turns.get(turn).is_some_and(is_idle) {
            self.turns.remove(turn);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1000;

    fn turn(name: impl ToString) -> TurnKey {
        TurnKey { account: name.to_string(), origin: String::new() }
    }

    fn scheduler(at_once: usize, per_turn: usize) -> Scheduler {
        Scheduler::new(Limits { at_once, per_turn, failing_at_once: (at_once / 2).max(1) })
    }

    /// Claims one piece of each turn that comes, until there is no place; `left` says how much each
    /// has.
    fn claim_all(scheduler: &mut Scheduler, left: &mut HashMap<TurnKey, usize>) -> Vec<TurnKey> {
        let mut claimed = Vec::new();
        while let Some((turn, limit)) = scheduler.next(NOW) {
            let has = left.entry(turn.clone()).or_default();
            let count = limit.min(*has);
            *has -= count;
            let next = (*has > 0).then_some(NOW);
            scheduler.claimed(&turn, count, next, NOW);
            claimed.extend(std::iter::repeat_n(turn, count));
        }
        claimed
    }

    #[test]
    fn a_turn_never_exceeds_its_cap_and_comes_back_when_a_place_is_free() {
        let mut scheduler = scheduler(100, 4);
        let mut left = HashMap::from([(turn("a"), 50), (turn("b"), 1)]);
        scheduler.due(&turn("a"), NOW, NOW);
        scheduler.due(&turn("b"), NOW, NOW);
        let first = claim_all(&mut scheduler, &mut left);
        assert_eq!(first.iter().filter(|t| **t == turn("a")).count(), 4);
        assert_eq!(first.len(), 5);
        for done in 0..46 {
            scheduler.ended(&turn("a"), Some(false));
            assert_eq!(claim_all(&mut scheduler, &mut left).len(), 1, "after {done}");
        }
        assert_eq!(left[&turn("a")], 0);
    }

    #[test]
    fn turns_follow_one_another() {
        let mut scheduler = scheduler(1, 4);
        let mut left = HashMap::from([(turn("a"), 9), (turn("b"), 1), (turn("c"), 1)]);
        for name in ["a", "b", "c"] {
            scheduler.due(&turn(name), NOW, NOW);
        }
        let mut order = Vec::new();
        for _ in 0..4 {
            let claimed = claim_all(&mut scheduler, &mut left);
            let [one] = &claimed[..] else { panic!("{claimed:?}") };
            order.push(one.account.clone());
            scheduler.ended(one, Some(false));
        }
        assert_eq!(order, ["a", "b", "c", "a"]);
    }

    #[test]
    fn failing_turns_share_half_and_a_healthy_one_is_next_whatever_they_have() {
        let mut scheduler = scheduler(8, 4);
        let mut left = HashMap::new();
        for n in 0..1000 {
            let dead = turn(format!("dead-{n}"));
            left.insert(dead.clone(), 5);
            // Each has failed once.
            scheduler.claimed(&dead, 1, None, NOW);
            scheduler.ended(&dead, Some(true));
            scheduler.due(&dead, NOW, NOW);
        }
        let dead = claim_all(&mut scheduler, &mut left);
        assert_eq!(dead.len(), 4, "half of the limit");
        left.insert(turn("healthy"), 3);
        scheduler.due(&turn("healthy"), NOW, NOW);
        assert_eq!(claim_all(&mut scheduler, &mut left), vec![turn("healthy"); 3]);
        // A turn that works again leaves the failing line.
        scheduler.ended(&dead[0], Some(false));
        assert_eq!(scheduler.running, 6);
        assert!(!scheduler.turns[&dead[0]].is_failing);
        let count = scheduler.turns.values().filter(|t| t.is_failing).map(|t| t.running);
        assert_eq!(count.sum::<usize>(), scheduler.running_failing);
    }

    #[test]
    fn neither_line_starves_the_other() {
        let mut scheduler = scheduler(2, 1);
        let mut left = HashMap::from([(turn("dead"), 100), (turn("a"), 100), (turn("b"), 100)]);
        scheduler.due(&turn("dead"), NOW, NOW);
        let first = claim_all(&mut scheduler, &mut left);
        scheduler.ended(&first[0], Some(true));
        for name in ["a", "b"] {
            scheduler.due(&turn(name), NOW, NOW);
        }
        let mut served: HashMap<TurnKey, usize> = HashMap::new();
        for _ in 0..60 {
            for one in claim_all(&mut scheduler, &mut left) {
                *served.entry(one.clone()).or_default() += 1;
                scheduler.ended(&one, Some(one == turn("dead")));
            }
        }
        assert!(served.values().all(|count| *count >= 15), "{served:?}");
    }

    #[test]
    fn what_is_due_later_waits_for_its_time_or_an_earlier_one() {
        let mut scheduler = scheduler(8, 4);
        scheduler.due(&turn("a"), NOW + 50, NOW);
        assert_eq!((scheduler.next(NOW), scheduler.next_due_ms()), (None, Some(NOW + 50)));
        scheduler.due(&turn("a"), NOW + 20, NOW);
        assert_eq!(scheduler.next_due_ms(), Some(NOW + 20));
        scheduler.due(&turn("a"), NOW + 90, NOW);
        assert_eq!(scheduler.next_due_ms(), Some(NOW + 20));
        assert_eq!(scheduler.next(NOW + 20), Some((turn("a"), 4)));
        scheduler.claimed(&turn("a"), 0, None, NOW + 20);
        assert!(scheduler.turns.is_empty(), "nothing is kept of who has nothing to do");
    }
}
