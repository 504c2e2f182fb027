//! The outbox: pushes by number, and of each ordering key what is open.

use crate::delivery::claims::ClaimBook;
use kaipiao_domain::delivery::push::create_time_s;
use kaipiao_ports::delivery::claims::{
    Claim, ClaimRequest, ClaimToken, Claimed, DueTurn, Queue, Reported, TurnKey,
};
use kaipiao_ports::delivery::outbox::{
    Attempt, ListedPush, NewBody, NewPush, Next, Push, PushId, PushQuery, PushReport, PushState,
    Replayed, StateFilter,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// An account, and one of its ordering keys or users.
type OfAccount = (String, String);

struct Entry {
    push: Push,
    attempts: Vec<Attempt>,
}

/// The open pushes of an ordering key.
struct Open {
    ready: i64,
    waiting: BTreeSet<i64>,
}

pub(crate) struct Pushes {
    by_number: BTreeMap<i64, Entry>,
    last_number: i64,
    open: HashMap<OfAccount, Open>,
    /// The last CreateTime of each user of an account.
    last_times: HashMap<OfAccount, i64>,
    pub(crate) claims: ClaimBook,
}

impl Default for Pushes {
    fn default() -> Self {
        Self {
            by_number: BTreeMap::new(),
            last_number: 0,
            open: HashMap::new(),
            last_times: HashMap::new(),
            claims: ClaimBook::new(Queue::Push),
        }
    }
}

impl Pushes {
    /// Adds a push. Returns when its turn has work because of it; None: the push waits.
    pub(crate) fn add(&mut self, new: NewPush) -> Option<DueTurn> {
        let create_time_s = self.create_time_s(&new);
        self.last_number += 1;
        let number = self.last_number;
        let push = Push {
            id: PushId { account: new.account, number },
            destination: new.destination,
            kind: new.kind,
            ordering_key: new.ordering_key,
            openid: new.openid,
            event: new.event.to_owned(),
            create_time_s,
            body: whole_body(new.body, create_time_s),
            committed_ms: new.now_ms,
            state: PushState::Waiting,
            tries: 0,
            attempts: 0,
        };
        self.by_number.insert(number, Entry { push, attempts: Vec::new() });
        self.open(number, new.now_ms)
    }

    fn create_time_s(&mut self, new: &NewPush) -> i64 {
        let now_s = new.now_ms.div_euclid(1000);
        let user = (new.account.clone(), new.openid.clone());
        let create_time_s = create_time_s(self.last_times.get(&user).copied(), now_s);
        self.last_times.insert(user, create_time_s);
        create_time_s
    }

    /// Lines a push up with the open ones of its ordering key.
    fn open(&mut self, number: i64, now_ms: i64) -> Option<DueTurn> {
        let push = &self.by_number[&number].push;
        let key = (push.id.account.clone(), push.ordering_key.clone());
        if let Some(open) = self.open.get_mut(&key) {
            open.waiting.insert(number);
            return None;
        }
        self.open.insert(key, Open { ready: number, waiting: BTreeSet::new() });
        Some(DueTurn { due_ms: now_ms, turn: self.make_ready(number, now_ms) })
    }

    /// How many are open.
    pub(crate) fn count_open(&self) -> usize {
        self.open.values().map(|open| 1 + open.waiting.len()).sum()
    }

    fn make_ready(&mut self, number: i64, due_ms: i64) -> TurnKey {
        let push = &mut self.by_number.get_mut(&number).expect("an open push exists").push;
        push.state = PushState::Ready { due_ms };
        let turn = push.turn();
        self.claims.offer(number, turn.clone(), due_ms);
        turn
    }

    pub(crate) fn claim(&mut self, request: &ClaimRequest<'_>) -> Claimed<Push> {
        let (tokens, next_due_ms) = self.claims.claim(request);
        let to_claim =
            |token: ClaimToken| Claim { work: self.by_number[&token.number].push.clone(), token };
        Claimed { claims: tokens.into_iter().map(to_claim).collect(), next_due_ms }
    }

    pub(crate) fn complete(&mut self, PushReport { token, attempt, next }: PushReport) -> Reported {
        if !self.claims.holds(token) {
            return Reported::Lapsed;
        }
        let entry = self.by_number.get_mut(&token.number).expect("a claimed push exists");
        let tried = u32::from(attempt.is_some());
        entry.push.tries += tried;
        entry.push.attempts += tried;
        entry.attempts.extend(attempt);
        let next_due_ms = match next {
            Next::Retry { due_ms } => {
                self.make_ready(token.number, due_ms);
                Some(due_ms)
            }
            Next::Complete { outcome, now_ms } => {
                entry.push.state = PushState::Completed { outcome, at_ms: now_ms };
                self.claims.withdraw(token.number);
                self.promote_behind(token.number, now_ms)
            }
        };
        Reported::Counted { next_due_ms }
    }

    /// Makes the next push of a completed one's ordering key Ready. Returns when it is due.
    fn promote_behind(&mut self, completed: i64, now_ms: i64) -> Option<i64> {
        let push = &self.by_number[&completed].push;
        let key = (push.id.account.clone(), push.ordering_key.clone());
        let open = self.open.get_mut(&key).expect("the completed push was open");
        let Some(next) = open.waiting.pop_first() else {
            self.open.remove(&key);
            return None;
        };
        open.ready = next;
        self.make_ready(next, now_ms);
        Some(now_ms)
    }

    pub(crate) fn replay(&mut self, id: &PushId, now_ms: i64) -> Replayed {
        let Some(entry) = self.by_number.get_mut(&id.number).filter(|e| e.push.id == *id) else {
            return Replayed::NoSuchPush;
        };
        if is_open(&entry.push) {
            return Replayed::IsOpen;
        }
        entry.push.state = PushState::Waiting;
        entry.push.tries = 0;
        self.open(id.number, now_ms);
        Replayed::Yes
    }

    /// Takes a push out, open or over, whoever holds it.
    pub(crate) fn remove(&mut self, id: &PushId, now_ms: i64) {
        let number = id.number;
        let Some(entry) = self.by_number.get(&number).filter(|entry| entry.push.id == *id) else {
            return;
        };
        let key = (id.account.clone(), entry.push.ordering_key.clone());
        match entry.push.state {
            PushState::Completed { .. } => {}
            PushState::Waiting => {
                let open = self.open.get_mut(&key).expect("a waiting push waits behind another");
                open.waiting.remove(&number);
            }
            PushState::Ready { .. } => {
                self.claims.withdraw(number);
                self.promote_behind(number, now_ms);
            }
        }
        self.by_number.remove(&number);
    }

    pub(crate) fn list(&self, query: &PushQuery) -> Vec<ListedPush> {
        let entries = self.by_number.values().filter(|entry| is_asked_for(query, &entry.push));
        let mut entries: Vec<_> = entries.collect();
        entries.sort_by(|one, other| other.push.id.cmp(&one.push.id));
        entries.into_iter().take(query.limit).map(|entry| self.listed(entry)).collect()
    }

    fn listed(&self, Entry { push, attempts }: &Entry) -> ListedPush {
        let key = (push.id.account.clone(), push.ordering_key.clone());
        let ready = self.open.get(&key).map(|open| open.ready);
        let ready = ready.filter(|_| push.state == PushState::Waiting);
        let ready = ready.and_then(|number| self.by_number.get(&number));
        let waits_behind = ready.map(|first| {
            let first = self.listed(first);
            Box::new(ListedPush { attempts: Vec::new(), ..first })
        });
        let in_flight_for = self.claims.held_for(push.id.number);
        ListedPush { push: push.clone(), attempts: attempts.clone(), in_flight_for, waits_behind }
    }

    /// Removes pushes that were completed before this moment, `limit` of them at most.
    pub(crate) fn purge(&mut self, before_ms: i64, limit: usize) -> usize {
        let is_old = |push: &Push| match push.state {
            PushState::Completed { at_ms, .. } => at_ms < before_ms,
            PushState::Waiting | PushState::Ready { .. } => false,
        };
        let old = self.by_number.iter().filter(|(_, entry)| is_old(&entry.push));
        let old: Vec<_> = old.map(|(number, _)| *number).take(limit).collect();
        self.by_number.retain(|number, _| old.binary_search(number).is_err());
        old.len()
    }
}

fn whole_body(body: NewBody, create_time_s: i64) -> Arc<str> {
    match body {
        NewBody::Whole(text) => text.into(),
        NewBody::Untimed { before, after } => format!("{before}{create_time_s}{after}").into(),
    }
}

const fn is_open(push: &Push) -> bool {
    !matches!(push.state, PushState::Completed { .. })
}

fn is_asked_for(query: &PushQuery, push: &Push) -> bool {
    query.account.as_ref().is_none_or(|account| *account == push.id.account)
        && (query.ordering_keys.is_empty() || query.ordering_keys.contains(&push.ordering_key))
        && query.after.as_ref().is_none_or(|after| push.id < *after)
        && query.state.is_none_or(|state| match (state, push.state) {
            (StateFilter::Open, PushState::Waiting | PushState::Ready { .. }) => true,
            (StateFilter::Completed(asked), PushState::Completed { outcome, .. }) => {
                asked == outcome
            }
            _ => false,
        })
}
