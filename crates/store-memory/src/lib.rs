//! The store in memory: the laws' oracle, and what a tool uses that needs no disk.

use async_trait::async_trait;
use core::cmp::Ordering::{Greater, Less};
use kaipiao_ports::delivery::jobs::{Job, JobChange, JobId, JobLeases, Jobs};
use kaipiao_ports::delivery::lease_book::{LeaseBook, Leased};
use kaipiao_ports::delivery::outbox::{
    Attempt, Changed, Lease, LeaseAsk, Leases, NewPush, Next, Outbox, Push, PushId, PushQuery,
    PushState, Report, StateFilter,
};
use kaipiao_ports::store::{
    Commit, CommitError, Expect, Key, Page, PageOrder, ReadError, Save, Store, Stored,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard};

/// Records and pushes in maps. "On disk" means "in the map" here.
#[derive(Default)]
pub struct MemoryStore {
    all: Mutex<All>,
}

#[derive(Default)]
struct All {
    records: BTreeMap<Key, Stored>,
    pushes: BTreeMap<PushId, Push>,
    attempts: HashMap<PushId, Vec<Attempt>>,
    /// The last CreateTime of each user of an account.
    last_times: HashMap<(String, String), i64>,
    push_queue: Queue<PushId>,
    /// When each job is due.
    jobs: BTreeMap<JobId, i64>,
    job_queue: Queue<JobId>,
}

/// Who holds what, and whose turn it is.
struct Queue<Id> {
    leases: LeaseBook<Id>,
    /// When each account was served last, in turns.
    served: HashMap<String, u64>,
    turns: u64,
}

impl<Id> Default for Queue<Id> {
    fn default() -> Self {
        Self { leases: LeaseBook::default(), served: HashMap::new(), turns: 0 }
    }
}

impl<Id: Leased> Queue<Id> {
    /// Takes of what is due, account by account in turns; returns it with its leases' tokens.
    fn take(&mut self, due: &[Id], ask: &LeaseAsk) -> Vec<(Id, u64)> {
        self.leases.lapse();
        let accounts: BTreeSet<_> = due.iter().map(Leased::account).collect();
        let mut accounts: Vec<_> = accounts.into_iter().collect();
        accounts.sort_by_key(|account| self.served.get(*account).copied().unwrap_or(0));
        let mut taken = Vec::new();
        for account in accounts {
            for id in due.iter().filter(|id| id.account() == account) {
                let room = self.room(account, ask);
                if taken.len() < ask.limit && room > 0 && self.leases.held_for(id).is_none() {
                    self.turns += 1;
                    self.served.insert(account.to_owned(), self.turns);
                    taken.push((id.clone(), self.leases.take(id, ask.hold_for)));
                }
            }
        }
        taken
    }

    fn room(&self, account: &str, ask: &LeaseAsk) -> usize {
        self.leases.room(account, ask.per_account, ask.failing_at_once)
    }
}

impl MemoryStore {
    /// Frees all leases, as opening a store on disk does.
    pub fn free_leases(&self) {
        let mut all = self.all();
        all.push_queue.leases = LeaseBook::default();
        all.job_queue.leases = LeaseBook::default();
    }

    fn all(&self) -> MutexGuard<'_, All> {
        self.all.lock().expect("no code panics while it holds this lock")
    }
}

/// Does a record stand as a save expects it?
fn holds(expect: Expect, found: Option<&Stored>) -> bool {
    match expect {
        Expect::Any => true,
        Expect::Absent => found.is_none(),
        Expect::Version(version) => found.is_some_and(|stored| stored.version == version),
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn read(&self, key: &Key) -> Result<Option<Stored>, ReadError> {
        Ok(self.all().records.get(key).cloned())
    }

    async fn list(&self, page: &Page) -> Result<Vec<Stored>, ReadError> {
        let is_listed = |key: &Key| {
            key.kind == page.kind
                && page.owner.as_ref().is_none_or(|owner| *owner == key.owner)
                && page.after.as_ref().is_none_or(|(owner, id)| {
                    let behind = (&key.owner, &key.id).cmp(&(owner, id));
                    behind == if page.order == PageOrder::Ascending { Greater } else { Less }
                })
        };
        let all = self.all();
        let listed = all.records.values().filter(|stored| is_listed(&stored.key));
        let mut listed: Vec<_> = listed.cloned().collect();
        if page.order == PageOrder::Descending {
            listed.reverse();
        }
        listed.truncate(page.limit);
        Ok(listed)
    }

    async fn commit(&self, commit: Commit) -> Result<(), CommitError> {
        let mut all = self.all();
        let records = &mut all.records;
        if let Some(save) = commit.saves.iter().find(|s| !holds(s.expect, records.get(&s.key))) {
            return Err(CommitError::Conflict(save.key.clone()));
        }
        for Save { key, body, .. } in commit.saves {
            let Some(body) = body else {
                records.remove(&key);
                continue;
            };
            let version = records.get(&key).map_or(1, |stored| stored.version + 1);
            records.insert(key.clone(), Stored { key, version, body: body.into() });
        }
        commit.pushes.into_iter().for_each(|push| all.add(push));
        for change in commit.jobs {
            all.job_queue.leases.remove(change.id());
            match change {
                JobChange::Due { id, due_ms } => drop(all.jobs.insert(id, due_ms)),
                JobChange::Done(id) => drop(all.jobs.remove(&id)),
            }
        }
        Ok(())
    }
}

impl All {
    fn add(&mut self, new: NewPush) {
        let user = (new.account.clone(), new.openid.clone());
        let now_s = new.now_ms.div_euclid(1000);
        let create_time_s = self.last_times.get(&user).map_or(now_s, |last| now_s.max(last + 1));
        self.last_times.insert(user, create_time_s);
        let of_account = self.pushes.keys().filter(|id| id.account == new.account);
        let number = of_account.map(|id| id.number).max().unwrap_or(0) + 1;
        let id = PushId { account: new.account, number };
        let push = Push {
            id: id.clone(),
            lane: new.lane,
            openid: new.openid,
            event: new.event.to_owned(),
            create_time_s,
            body: format!("{}{create_time_s}{}", new.before_time, new.after_time).into(),
            committed_ms: new.now_ms,
            state: PushState::Waiting,
            tries: 0,
            attempts: 0,
            in_flight_for: None,
        };
        let lane = push.lane.clone();
        self.pushes.insert(id.clone(), push);
        self.promote(&id.account, &lane, new.now_ms);
    }

    /// Makes the lane's first waiting push Ready, unless one is.
    fn promote(&mut self, account: &str, lane: &str, now_ms: i64) {
        let of_lane = |push: &&mut Push| push.id.account == account && push.lane == lane;
        let mut open = self.pushes.values_mut().filter(of_lane).filter(|push| is_open(push));
        let first = open.next();
        let has_ready = |push: &Push| matches!(push.state, PushState::Ready { .. });
        if let Some(first) = first
            && !has_ready(first)
            && !open.any(|push| has_ready(push))
        {
            first.state = PushState::Ready { due_ms: now_ms };
        }
    }

    fn due(&self, now_ms: i64) -> Vec<(i64, PushId)> {
        let due = |push: &Push| match push.state {
            PushState::Ready { due_ms } if due_ms <= now_ms => Some((due_ms, push.id.clone())),
            _ => None,
        };
        let mut due: Vec<_> = self.pushes.values().filter_map(due).collect();
        due.sort_by_key(|(due_ms, id)| (*due_ms, id.number));
        due
    }

    fn shown(&self, push: &Push) -> Push {
        Push { in_flight_for: self.push_queue.leases.held_for(&push.id), ..push.clone() }
    }
}

fn is_open(push: &Push) -> bool {
    !matches!(push.state, PushState::Settled { .. })
}

#[async_trait]
impl Outbox for MemoryStore {
    async fn lease(&self, ask: LeaseAsk) -> Result<Leases, ReadError> {
        let all = &mut *self.all();
        let due: Vec<_> = all.due(ask.now_ms).into_iter().map(|(_, id)| id).collect();
        let taken = all.push_queue.take(&due, &ask);
        let lease = |(id, token): (PushId, u64)| Lease { push: all.pushes[&id].clone(), token };
        let has_room = |push: &&Push| all.push_queue.room(&push.id.account, &ask) > 0;
        let later = all.pushes.values().filter(has_room).filter_map(|push| match push.state {
            PushState::Ready { due_ms } if due_ms > ask.now_ms => Some(due_ms),
            _ => None,
        });
        Ok(Leases { next_due_ms: later.min(), taken: taken.into_iter().map(lease).collect() })
    }

    async fn settle(&self, report: Report) -> Result<Changed, CommitError> {
        let mut all = self.all();
        if !all.push_queue.leases.holds(&report.id, report.token) {
            return Ok(Changed::No);
        }
        all.push_queue.leases.remove(&report.id);
        let tried = u32::from(report.attempt.is_some());
        if report.attempt.is_some() {
            all.push_queue.leases.note(&report.id.account, report.next.is_a_failure());
        }
        let push = all.pushes.get_mut(&report.id).expect("a push that is held exists");
        push.tries += tried;
        push.attempts += tried;
        let lane = push.lane.clone();
        match report.next {
            Next::Retry { due_ms } => push.state = PushState::Ready { due_ms },
            Next::Settle { verdict, now_ms } => {
                push.state = PushState::Settled { verdict, at_ms: now_ms };
                all.promote(&report.id.account, &lane, now_ms);
            }
        }
        all.attempts.entry(report.id).or_default().extend(report.attempt);
        Ok(Changed::Yes)
    }

    async fn replay(&self, id: PushId, now_ms: i64) -> Result<Changed, CommitError> {
        let mut all = self.all();
        let Some(push) = all.pushes.get_mut(&id) else { return Ok(Changed::NoSuchPush) };
        if is_open(push) {
            return Ok(Changed::No);
        }
        push.state = PushState::Waiting;
        push.tries = 0;
        let lane = push.lane.clone();
        all.promote(&id.account, &lane, now_ms);
        Ok(Changed::Yes)
    }

    async fn pushes(&self, query: &PushQuery) -> Result<Vec<Push>, ReadError> {
        let all = self.all();
        let mut listed: Vec<_> = all.pushes.values().filter(|push| asks_for(query, push)).collect();
        listed.sort_by(|one, other| other.id.cmp(&one.id));
        Ok(listed.into_iter().take(query.limit).map(|push| all.shown(push)).collect())
    }

    async fn attempts(&self, id: &PushId) -> Result<Vec<Attempt>, ReadError> {
        Ok(self.all().attempts.get(id).cloned().unwrap_or_default())
    }
}

#[async_trait]
impl Jobs for MemoryStore {
    async fn lease_jobs(&self, ask: LeaseAsk) -> Result<JobLeases, ReadError> {
        let all = &mut *self.all();
        let is_due = |due_ms: &i64| *due_ms <= ask.now_ms;
        let mut due: Vec<_> = all.jobs.iter().filter(|(_, due_ms)| is_due(due_ms)).collect();
        due.sort_by_key(|(id, due_ms)| (**due_ms, *id));
        let due: Vec<_> = due.into_iter().map(|(id, _)| id.clone()).collect();
        let taken = all.job_queue.take(&due, &ask);
        let later = all
            .jobs
            .iter()
            .filter(|(id, due_ms)| !is_due(due_ms) && all.job_queue.room(&id.account, &ask) > 0);
        Ok(JobLeases {
            next_due_ms: later.map(|(_, due_ms)| *due_ms).min(),
            taken: taken.into_iter().map(|(id, _)| Job { due_ms: all.jobs[&id], id }).collect(),
        })
    }
}

fn asks_for(query: &PushQuery, push: &Push) -> bool {
    let is_behind = |after: &PushId| push.id < *after;
    query.account.as_ref().is_none_or(|account| *account == push.id.account)
        && query.lane.as_ref().is_none_or(|lane| *lane == push.lane)
        && query.after.as_ref().is_none_or(is_behind)
        && query.state.is_none_or(|state| match (state, push.state) {
            (StateFilter::Open, PushState::Waiting | PushState::Ready { .. }) => true,
            (StateFilter::Settled(asked), PushState::Settled { verdict, .. }) => asked == verdict,
            _ => false,
        })
}
