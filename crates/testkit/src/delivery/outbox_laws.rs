//! The laws of the outbox.

use super::fixtures::{
    LONG, all_pushes, claim_pushes, commit_pushes, complete, counted, delivered, due_turns,
    last_push, ordering_keys, push, report, request, turn,
};
use crate::laws::Subject;
use crate::steps::Steps;
use kaipiao_domain::delivery::push::Outcome;
use kaipiao_ports::delivery::claims::{ClaimRequest, Claimed, Claims, Queue, Reported};
use kaipiao_ports::delivery::outbox::{
    Attempt, ListedPush, NewBody, NewPush, Next, Outbox, Push, PushClaim, PushId, PushQuery,
    PushReport, PushState, Replayed, StateFilter,
};
use kaipiao_ports::errors::CommitError;
use kaipiao_ports::record::{Body, Expect, Index, Key, Kind, Save};
use kaipiao_ports::store::{Commit, Forgettable, Freshness, Store};
use kaipiao_store_memory::MemoryStore;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// Makes one test per law of the outbox.
#[macro_export]
macro_rules! outbox_laws {
    ($subject:expr) => {
        $crate::law_tests!(
            $subject,
            delivery::outbox_laws {
                a_push_comes_with_its_commit_or_not_at_all,
                create_times_are_unique_per_user_and_never_behind_the_clock,
                create_times_do_not_follow_a_clock_that_was_far_ahead,
                a_whole_body_is_left_as_it_is,
                one_push_in_flight_per_ordering_key_in_order,
                a_retry_waits_for_its_time_and_holds_its_ordering_key,
                a_report_says_when_the_next_push_is_due,
                opening_again_frees_all_claims_and_keeps_the_rest,
                a_completed_push_can_be_replayed_and_an_open_one_not,
                what_is_removed_is_gone_and_holds_up_nothing,
                the_history_is_kept,
                a_listing_pages_and_filters,
                a_listing_says_what_is_in_flight_and_what_waits,
                the_outbox_agrees_with_the_oracle,
                the_outbox_agrees_with_the_oracle_through_reopenings,
                racing_workers_send_each_push_once_and_in_order,
            }
        );
    };
}

/// The numbers that each ordering key of an account has sent.
type SentNumbers = HashMap<(String, String), Vec<i64>>;

/// The push is in the commit: both or neither.
pub async fn a_push_comes_with_its_commit_or_not_at_all(subject: &dyn Subject) {
    let store = subject.open().await;
    let key = Key { kind: Kind::Order, owner: "wx1".into(), id: "1".into() };
    let (expect, index) = (Expect::Absent, Index::default());
    let save = Save { key: key.clone(), expect, body: Some(Body::new("x")), index };
    let pushes = vec![push("wx1", "1", 5000)];
    let commit = Commit { pushes, ..Commit::of(vec![save]) };
    store.commit(commit.clone()).await.unwrap();
    assert_eq!(store.commit(commit).await, Err(CommitError::Conflict(key.clone())));
    drop(store);
    let store = subject.open().await;
    assert!(store.read(&key, Freshness::Fresh).await.unwrap().is_some());
    let pushes = all_pushes(&*store).await;
    let [ListedPush { push, attempts, .. }] = &pushes[..] else { panic!("{pushes:?}") };
    assert_eq!((&*push.body, push.create_time_s, push.committed_ms), ("<1 5>", 5, 5000));
    assert_eq!(push.state, PushState::Ready { due_ms: 5000 });
    assert_eq!((&*push.openid, &*push.event), ("owx1", "user_authorize_invoice"));
    assert!(push.id.number > 0 && attempts.is_empty());
}

/// `max(now, last + 1)`, per account and user; after a crash too.
pub async fn create_times_are_unique_per_user_and_never_behind_the_clock(subject: &dyn Subject) {
    let mut store = subject.open().await;
    for (key, now_ms) in [("1", 5000), ("2", 5999), ("3", 5000), ("4", 9000)] {
        commit_pushes(&*store, vec![push("wx1", key, now_ms), push("wx2", key, now_ms)]).await;
        drop(store);
        store = subject.open().await;
    }
    let other = NewPush { openid: "other".into(), ..push("wx1", "5", 5000) };
    commit_pushes(&*store, vec![other]).await;
    let found = all_pushes(&*store).await;
    let times = found.iter().map(|listed| (&*listed.push.id.account, listed.push.create_time_s));
    let (one, two) = ("wx1", "wx2");
    let expected =
        [(two, 9), (two, 7), (two, 6), (two, 5), (one, 5), (one, 9), (one, 7), (one, 6), (one, 5)];
    assert_eq!(times.collect::<Vec<_>>(), expected);
}

/// A clock that was once decades ahead leaves no trace in later CreateTimes, after a crash neither.
pub async fn create_times_do_not_follow_a_clock_that_was_far_ahead(subject: &dyn Subject) {
    let mut store = subject.open().await;
    let decades_ms = 1_000_000_000_000;
    for (key, now_ms) in [("1", 5000), ("2", decades_ms), ("3", 6000), ("4", 6000)] {
        commit_pushes(&*store, vec![push("wx1", key, now_ms)]).await;
        drop(store);
        store = subject.open().await;
    }
    let found = all_pushes(&*store).await;
    let times: Vec<_> = found.iter().map(|listed| listed.push.create_time_s).collect();
    assert_eq!(times, [7, 6, decades_ms / 1000, 5]);
}

/// A body without a place for CreateTime stays as it was committed.
pub async fn a_whole_body_is_left_as_it_is(subject: &dyn Subject) {
    let store = subject.open().await;
    let body = NewBody::Whole("<xml>通知</xml>".into());
    commit_pushes(&*store, vec![NewPush { body, ..push("wx1", "1", 1) }]).await;
    drop(store);
    let store = subject.open().await;
    assert_eq!(&*claim_pushes(&*store, 1).await[0].work.body, "<xml>通知</xml>");
}

/// The pushes of an ordering key go out one after the other, in order; other keys do not wait.
pub async fn one_push_in_flight_per_ordering_key_in_order(subject: &dyn Subject) {
    let store = subject.open().await;
    let pushes = vec![push("wx1", "a", 1), push("wx1", "a", 2), push("wx1", "b", 3)];
    commit_pushes(&*store, pushes).await;
    commit_pushes(&*store, vec![push("wx1", "a", 4), push("wx2", "a", 5)]).await;
    let mut order = Vec::new();
    let mut first = claim_pushes(&*store, 10_000).await;
    assert_eq!(ordering_keys(&first), ["a", "b", "a"]);
    let waits = |listed: &ListedPush| listed.push.state == PushState::Waiting;
    assert_eq!(all_pushes(&*store).await.iter().filter(|listed| waits(listed)).count(), 2);
    let mut of_a = first.remove(0);
    loop {
        order.push(of_a.work.committed_ms);
        assert_eq!(claim_pushes(&*store, 10_000).await, []);
        let reported = complete(&*store, &of_a, delivered(10_000)).await;
        let mut next = claim_pushes(&*store, 10_000).await;
        assert_eq!(reported, counted((!next.is_empty()).then_some(10_000)));
        if next.is_empty() {
            break;
        }
        assert_eq!(ordering_keys(&next), ["a"]);
        of_a = next.remove(0);
    }
    assert_eq!(order, [1, 2, 4]);
}

/// A retry is offered when it is due; until then its ordering key waits, and nobody else.
pub async fn a_retry_waits_for_its_time_and_holds_its_ordering_key(subject: &dyn Subject) {
    let store = subject.open().await;
    commit_pushes(&*store, vec![push("wx1", "a", 1), push("wx1", "a", 2)]).await;
    let first = claim_pushes(&*store, 10).await;
    let retry = Next::Retry { due_ms: 2000 };
    assert_eq!(complete(&*store, &first[0], retry).await, counted(Some(2000)));
    commit_pushes(&*store, vec![push("wx1", "b", 3)]).await;
    let Claimed { claims, next_due_ms } =
        store.claim_pushes(&request(&turn("wx1"), 1999)).await.unwrap();
    assert_eq!((ordering_keys(&claims), next_due_ms), (vec!["b"], Some(2000)));
    assert_eq!(due_turns(&*store, Queue::Push, 1999).await, []);
    let again = claim_pushes(&*store, 2000).await;
    assert_eq!((again[0].work.committed_ms, again[0].work.tries), (1, 1));
    let gave_up = Next::Complete { outcome: Outcome::GaveUp, now_ms: 2000 };
    assert_eq!(complete(&*store, &again[0], gave_up).await, counted(Some(2000)));
    let next = claim_pushes(&*store, 2000).await;
    assert_eq!((next[0].work.committed_ms, next[0].work.tries), (2, 0));
}

/// Its own next try, the push that takes its place, or nothing; then it is due since that moment.
pub async fn a_report_says_when_the_next_push_is_due(subject: &dyn Subject) {
    let store = subject.open().await;
    commit_pushes(&*store, vec![push("wx1", "a", 1), push("wx1", "a", 2)]).await;
    let first = claim_pushes(&*store, 10).await.remove(0);
    let reported = complete(&*store, &first, Next::Retry { due_ms: 20 }).await;
    assert_eq!(reported, counted(Some(20)));
    let first = claim_pushes(&*store, 20).await.remove(0);
    assert_eq!(complete(&*store, &first, delivered(30)).await, counted(Some(30)));
    drop(store);
    let store = subject.open().await;
    assert_eq!(due_turns(&*store, Queue::Push, 29).await, []);
    let second = claim_pushes(&*store, 30).await.remove(0);
    assert_eq!(second.work.state, PushState::Ready { due_ms: 30 });
    assert_eq!(complete(&*store, &second, delivered(40)).await, counted(None));
}

/// Opening the store again frees all claims; states, order and times are as they were.
pub async fn opening_again_frees_all_claims_and_keeps_the_rest(subject: &dyn Subject) {
    let store = subject.open().await;
    let pushes = vec![push("wx1", "a", 1), push("wx1", "a", 2), push("wx1", "b", 3)];
    commit_pushes(&*store, pushes).await;
    let held = claim_pushes(&*store, 10).await;
    complete(&*store, &held[1], Next::Retry { due_ms: 500 }).await;
    drop(store);
    let store = subject.open().await;
    assert!(all_pushes(&*store).await.iter().all(|listed| listed.in_flight_for.is_none()));
    let Claimed { claims, next_due_ms } =
        store.claim_pushes(&request(&turn("wx1"), 10)).await.unwrap();
    assert_eq!((ordering_keys(&claims), next_due_ms), (vec!["a"], Some(500)));
    assert_eq!(claims[0].work.committed_ms, 1);
    assert_eq!(complete(&*store, &held[0], delivered(10)).await, Reported::Lapsed);
    commit_pushes(&*store, vec![push("wx1", "c", 1)]).await;
    assert_eq!(all_pushes(&*store).await[0].push.create_time_s, 3, "after 0, 1 and 2");
}

/// Replaying opens a completed push again, behind what its ordering key has open, with the same
/// body.
pub async fn a_completed_push_can_be_replayed_and_an_open_one_not(subject: &dyn Subject) {
    let store = subject.open().await;
    commit_pushes(&*store, vec![push("wx1", "a", 1)]).await;
    let id = last_push(&*store).await;
    assert_eq!(store.replay(&id, 5).await, Ok(Replayed::IsOpen));
    let first = claim_pushes(&*store, 10).await;
    complete(&*store, &first[0], Next::Complete { outcome: Outcome::GaveUp, now_ms: 10 }).await;
    assert_eq!(store.replay(&id, 20).await, Ok(Replayed::Yes));
    assert_eq!(store.replay(&id, 20).await, Ok(Replayed::IsOpen));
    assert_eq!(claim_pushes(&*store, 19).await, []);
    let again = claim_pushes(&*store, 20).await;
    assert_eq!((again[0].work.tries, again[0].work.attempts), (0, 1));
    assert_eq!(again[0].work.body, first[0].work.body);
    complete(&*store, &again[0], delivered(30)).await;
    // A later push of the ordering key is open: the replayed one waits for it.
    commit_pushes(&*store, vec![push("wx1", "a", 40)]).await;
    let later = last_push(&*store).await;
    assert_eq!(store.replay(&id, 41).await, Ok(Replayed::Yes));
    let next = claim_pushes(&*store, 50).await;
    assert_eq!(next.iter().map(|claim| &claim.work.id).collect::<Vec<_>>(), [&later]);
    assert_eq!(complete(&*store, &next[0], delivered(50)).await, counted(Some(50)));
    assert_eq!(claim_pushes(&*store, 50).await[0].work.id, id);
    for unknown in [("wx1", 99), ("wx2", 1)] {
        let unknown = PushId { account: unknown.0.into(), number: unknown.1 };
        assert_eq!(store.replay(&unknown, 1).await, Ok(Replayed::NoSuchPush));
    }
}

/// A push goes with its attempts, whatever its state and whoever holds it; what waited behind it is next, and nothing else
/// changes. After a crash it is not there either, and its number is nobody's.
pub async fn what_is_removed_is_gone_and_holds_up_nothing(subject: &dyn Subject) {
    let store = subject.open().await;
    for (key, now_ms) in [("a", 1), ("a", 2), ("a", 3), ("b", 4), ("c", 5)] {
        commit_pushes(&*store, vec![push("wx1", key, now_ms)]).await;
    }
    commit_pushes(&*store, vec![push("wx2", "a", 6)]).await;
    let ids: Vec<_> =
        all_pushes(&*store).await.into_iter().rev().map(|listed| listed.push.id).collect();
    let [first, second, third, of_b, of_c, of_other] = &ids[..] else { panic!("{ids:?}") };
    let held = claim_pushes(&*store, 10).await;
    let claim_of = |id: &PushId| held.iter().find(|claim| claim.work.id == *id).unwrap().clone();
    let retry = Next::Retry { due_ms: 10 };
    complete(&*store, &claim_of(of_b), retry).await;
    complete(&*store, &claim_of(of_c), delivered(10)).await;

    // Held, waiting, tried once, over; and names of no push: another account's, and one that is gone already.
    let elsewhere = PushId { account: "wx3".into(), ..of_other.clone() };
    let removed = [first, second, of_b, of_c, &elsewhere, first].map(PushId::clone);
    store.remove_pushes(&removed, 20).await.unwrap();
    store.remove_pushes(&[], 20).await.unwrap();
    let left: Vec<_> = all_pushes(&*store).await.into_iter().map(|it| it.push).collect();
    let states: Vec<_> = left.iter().map(|push| (&push.id, push.state)).collect();
    let ready = |due_ms| PushState::Ready { due_ms };
    assert_eq!(states, [(of_other, ready(6)), (third, ready(20))]);
    assert_eq!(complete(&*store, &claim_of(first), delivered(20)).await, Reported::Lapsed);
    assert_eq!(store.replay(of_c, 20).await.unwrap(), Replayed::NoSuchPush);
    let next = claim_pushes(&*store, 20).await;
    assert_eq!(next.iter().map(|claim| &claim.work.id).collect::<Vec<_>>(), [third]);
    assert_eq!(complete(&*store, &claim_of(of_other), delivered(20)).await, counted(None));
    let query = PushQuery { ordering_keys: vec!["b".into()], limit: 9, ..PushQuery::default() };
    assert_eq!(store.pushes(&query).await.unwrap(), []);

    store.remove_pushes(core::slice::from_ref(third), 30).await.unwrap();
    drop(store);
    let store = subject.open().await;
    let left: Vec<_> = all_pushes(&*store).await.into_iter().map(|it| it.push.id).collect();
    assert_eq!(left.iter().collect::<Vec<_>>(), [of_other]);
    commit_pushes(&*store, vec![push("wx1", "a", 40)]).await;
    let new = last_push(&*store).await;
    assert!(ids.iter().all(|id| id.number < new.number), "{new} {ids:?}");
    assert_eq!(ordering_keys(&claim_pushes(&*store, 40).await), ["a"]);
}

/// Every attempt stays readable, also after a replay.
pub async fn the_history_is_kept(subject: &dyn Subject) {
    let store = subject.open().await;
    commit_pushes(&*store, vec![push("wx1", "a", 1)]).await;
    let id = last_push(&*store).await;
    let mut expected = Vec::new();
    for (n, next) in [Next::Retry { due_ms: 1 }, delivered(1), delivered(2)].into_iter().enumerate()
    {
        let claim = claim_pushes(&*store, 10).await.remove(0);
        let attempt = Attempt {
            started_ms: i64::try_from(n).unwrap(),
            took_ms: 7,
            status: (n > 0).then_some(500),
            problem: format!("problem {n}"),
            excerpt: "中文\n".repeat(n),
        };
        expected.push(attempt.clone());
        let report = PushReport { attempt: Some(attempt), ..report(claim.token, next) };
        assert!(matches!(store.complete_push(report).await, Ok(Reported::Counted { .. })));
        assert_eq!(all_pushes(&*store).await[0].attempts, expected);
        let _ = store.replay(&id, 5).await.unwrap();
    }
    let claim = claim_pushes(&*store, 10).await.remove(0);
    let unroutable = Next::Complete { outcome: Outcome::Unroutable, now_ms: 9 };
    let report = PushReport { attempt: None, ..report(claim.token, unroutable) };
    assert_eq!(store.complete_push(report).await, Ok(counted(None)));
    drop(store);
    let store = subject.open().await;
    let listed = &all_pushes(&*store).await[0];
    assert_eq!(listed.attempts, expected);
    assert_eq!((listed.push.attempts, listed.push.tries), (3, 0));
    let state = PushState::Completed { outcome: Outcome::Unroutable, at_ms: 9 };
    assert_eq!(listed.push.state, state);
}

/// Listings: newest first within an account, by page, by ordering key, by state.
pub async fn a_listing_pages_and_filters(subject: &dyn Subject) {
    let store = subject.open().await;
    for n in 0..7 {
        let key = if n % 2 == 0 { "even" } else { "odd" };
        commit_pushes(&*store, vec![push("wx1", key, n), push("wx2", key, n)]).await;
    }
    let turn = turn("wx1");
    let one = ClaimRequest { limit: 1, ..request(&turn, 100) };
    let held = store.claim_pushes(&one).await.unwrap().claims.remove(0);
    complete(&*store, &held, delivered(100)).await;
    let whole = all_pushes(&*store).await;
    let listed = whole.iter().map(|listed| (&*listed.push.id.account, listed.push.committed_ms));
    let of = |account| (0..7).rev().map(move |now_ms| (account, now_ms));
    assert!(listed.eq(of("wx2").chain(of("wx1"))), "{whole:?}");
    let ids = whole.iter().map(|listed| &listed.push.id);
    assert!(ids.is_sorted_by(|one, other| one > other), "{whole:?}");

    let pages = async |query: PushQuery| {
        let mut query = PushQuery { limit: 3, ..query };
        let mut paged = Vec::new();
        loop {
            let page = store.pushes(&query).await.unwrap();
            assert!(page.len() <= 3);
            let Some(last) = page.last() else { return paged };
            query.after = Some(last.push.id.clone());
            paged.extend(page);
        }
    };
    assert_eq!(pages(PushQuery::default()).await, whole);

    let count = async |query: PushQuery| {
        let found = store.pushes(&PushQuery { limit: 100, ..query.clone() }).await.unwrap();
        assert_eq!(pages(query).await, found);
        found.len()
    };
    let account = Some("wx1".to_owned());
    let ordering_keys = vec!["even".to_owned()];
    let of_account = PushQuery { account: account.clone(), ..Default::default() };
    assert_eq!(count(of_account).await, 7);
    let of_key = PushQuery { ordering_keys: ordering_keys.clone(), ..Default::default() };
    assert_eq!(count(of_key).await, 8);
    assert_eq!(count(PushQuery { account, ordering_keys, ..Default::default() }).await, 4);
    let of_keys = |keys: [&str; 3]| PushQuery {
        ordering_keys: keys.map(str::to_owned).into(),
        ..Default::default()
    };
    assert_eq!(count(of_keys(["none", "even", "odd"])).await, whole.len());
    assert_eq!(count(of_keys(["none", "even", "even"])).await, 8);
    let state = |state| PushQuery { state: Some(state), ..Default::default() };
    assert_eq!(count(state(StateFilter::Open)).await, 13);
    assert_eq!(count(state(StateFilter::Completed(Outcome::Delivered))).await, 1);
    assert_eq!(count(state(StateFilter::Completed(Outcome::GaveUp))).await, 0);
}

/// Who looks sees which pushes are claimed, and which one the others wait behind.
pub async fn a_listing_says_what_is_in_flight_and_what_waits(subject: &dyn Subject) {
    let store = subject.open().await;
    for (key, now_ms) in [("a", 1), ("a", 2), ("b", 3), ("a", 4)] {
        commit_pushes(&*store, vec![push("wx1", key, now_ms)]).await;
    }
    let look = async || {
        let listed = all_pushes(&*store).await.into_iter().rev();
        listed
            .map(|l| {
                let behind = l.waits_behind.map(|first| first.push.committed_ms);
                (l.in_flight_for.is_some(), behind)
            })
            .collect::<Vec<_>>()
    };
    let free = [(false, None), (false, Some(1)), (false, None), (false, Some(1))];
    assert_eq!(look().await, free);
    let held = claim_pushes(&*store, 4).await;
    assert_eq!(look().await, [(true, None), (false, Some(1)), (true, None), (false, Some(1))]);
    complete(&*store, &held[0], delivered(4)).await;
    assert_eq!(look().await, [(false, None), (false, None), (true, None), (false, Some(2))]);
    store.release(&[held[1].token]).await.unwrap();
    assert_eq!(look().await, [(false, None), (false, None), (false, None), (false, Some(2))]);
}

/// The store under test and the oracle, step by step. Numbers may differ after a reopening, bodies
/// do not: each names its push.
struct Twins {
    store: Arc<dyn Store>,
    oracle: MemoryStore,
    steps: Steps,
    /// What is held, by body: the claim of the store and that of the oracle.
    held: BTreeMap<Arc<str>, (PushClaim, PushClaim)>,
    /// The ids that each gave to what was claimed once.
    known: Vec<(PushId, PushId)>,
}

impl Twins {
    fn new(store: Arc<dyn Store>, seed: u64) -> Self {
        let (oracle, steps) = (MemoryStore::default(), Steps::new(seed));
        Self { store, oracle, steps, held: BTreeMap::new(), known: Vec::new() }
    }

    fn account(&mut self) -> &'static str {
        ["wx1", "wx2", "wx3"][self.steps.index(3)]
    }

    async fn commit(&mut self, step: i64, now_ms: i64) {
        let before = format!("<{step} ");
        let new = NewPush {
            openid: self.steps.below(3).to_string(),
            body: NewBody::Untimed { before, after: ">".into() },
            ..push(self.account(), &self.steps.below(4).to_string(), now_ms)
        };
        let commit = Commit { pushes: vec![new], ..Commit::default() };
        let found = self.store.commit(commit.clone()).await;
        assert_eq!(found, self.oracle.commit(commit).await, "step {step}");
    }

    async fn claim(&mut self, step: i64, now_ms: i64) {
        let turn = turn(self.account());
        let limit = 1 + self.steps.index(3);
        let request = ClaimRequest { limit, ..request(&turn, now_ms) };
        let found = self.store.claim_pushes(&request).await.unwrap();
        let expected = self.oracle.claim_pushes(&request).await.unwrap();
        assert_eq!(found.next_due_ms, expected.next_due_ms, "step {step}");
        assert_eq!(found.claims.len(), expected.claims.len(), "step {step}");
        for (claim, twin) in found.claims.into_iter().zip(expected.claims) {
            assert_eq!(unnumbered(claim.work.clone()), unnumbered(twin.work.clone()), "{step}");
            self.known.push((claim.work.id.clone(), twin.work.id.clone()));
            self.held.insert(Arc::clone(&claim.work.body), (claim, twin));
        }
    }

    fn take_held(&mut self) -> Option<(PushClaim, PushClaim)> {
        let nth = self.steps.index(self.held.len().max(1));
        let body = self.held.keys().nth(nth).cloned()?;
        self.held.remove(&body)
    }

    async fn report(&mut self, step: i64, now_ms: i64) {
        let Some((claim, twin)) = self.take_held() else { return };
        let next = match self.steps.below(4) {
            0 => Next::Retry { due_ms: now_ms + 100 },
            1 => delivered(now_ms),
            2 => Next::Complete { outcome: Outcome::GaveUp, now_ms },
            _ => {
                self.store.release(&[claim.token]).await.unwrap();
                return self.oracle.release(&[twin.token]).await.unwrap();
            }
        };
        let found = complete(&*self.store, &claim, next).await;
        assert_eq!(found, complete(&self.oracle, &twin, next).await, "step {step}");
        assert_ne!(found, Reported::Lapsed, "step {step}");
    }

    async fn replay(&mut self, step: i64, now_ms: i64) {
        let nth = self.steps.index(self.known.len().max(1));
        let Some((id, twin)) = self.known.get(nth) else { return };
        let found = self.store.replay(id, now_ms).await;
        assert_eq!(found, self.oracle.replay(twin, now_ms).await, "step {step}");
    }

    /// What somebody holds is lost to them. One whose CreateTime is ahead of the clock stays: a store may forget it.
    async fn remove(&mut self, step: i64, now_ms: i64) {
        let nth = self.steps.index(self.known.len().max(1));
        let Some((id, twin)) = self.known.get(nth).cloned() else { return };
        let listed = all_pushes(&self.oracle).await;
        let is_past = |listed: &&ListedPush| listed.push.create_time_s < now_ms.div_euclid(1000);
        if listed.iter().filter(is_past).all(|listed| listed.push.id != twin) {
            return;
        }
        self.store.remove_pushes(core::slice::from_ref(&id), now_ms).await.unwrap();
        self.oracle.remove_pushes(&[twin], now_ms).await.unwrap();
        self.known.retain(|(known, _)| *known != id);
        let held = self.held.iter().find(|(_, (claim, _))| claim.work.id == id);
        let Some(body) = held.map(|(body, _)| Arc::clone(body)) else { return };
        let Some((claim, twin)) = self.held.remove(&body) else { return };
        let found = complete(&*self.store, &claim, delivered(now_ms)).await;
        assert_eq!(found, complete(&self.oracle, &twin, delivered(now_ms)).await, "step {step}");
        assert_eq!(found, Reported::Lapsed, "step {step}");
    }

    /// Whether a replay that was asked for would line up behind a later push.
    async fn has_open(&self, twin: &PushId) -> bool {
        let found = all_pushes(&self.oracle).await;
        let Some(of) = found.iter().find(|listed| listed.push.id == *twin) else { return false };
        let query = PushQuery {
            account: Some(twin.account.clone()),
            ordering_keys: vec![of.push.ordering_key.clone()],
            state: Some(StateFilter::Open),
            limit: 1,
            ..PushQuery::default()
        };
        !self.oracle.pushes(&query).await.unwrap().is_empty()
    }

    async fn purge(&self, before_ms: i64) {
        let forgettable = Forgettable { pushes_before_ms: before_ms, ..Forgettable::default() };
        while self.store.purge(&forgettable, 3).await.unwrap() > 0 {}
        while self.oracle.purge(&forgettable, 3).await.unwrap() > 0 {}
    }

    async fn assert_same(&self, now_ms: i64) {
        for due_by_ms in [now_ms, i64::MAX] {
            let found = due_turns(&*self.store, Queue::Push, due_by_ms).await;
            assert_eq!(found, due_turns(&self.oracle, Queue::Push, due_by_ms).await);
        }
        let (found, expected) = (looks(&*self.store).await, looks(&self.oracle).await);
        assert_eq!(found, expected);
    }
}

fn unnumbered(push: Push) -> Push {
    Push { id: PushId { number: 0, ..push.id }, ..push }
}

/// A listing without numbers and durations: each push, its attempts, whether it is in flight, and
/// the body of the one that it waits behind.
async fn looks(store: &dyn Store) -> Vec<(Push, Vec<Attempt>, bool, Option<Arc<str>>)> {
    let listed = all_pushes(store).await;
    let looks = listed.into_iter().map(|listed| {
        let behind = listed.waits_behind.map(|first| first.push.body);
        let is_in_flight = listed.in_flight_for.is_some();
        (unnumbered(listed.push), listed.attempts, is_in_flight, behind)
    });
    looks.collect()
}

/// The store does what the store in memory does, step by step.
pub async fn the_outbox_agrees_with_the_oracle(subject: &dyn Subject) {
    let mut twins = Twins::new(subject.open().await, 7);
    for step in 0..4000_i64 {
        let now_ms = step * 10;
        match twins.steps.below(11) {
            0..4 => twins.commit(step, now_ms).await,
            4 | 5 => twins.claim(step, now_ms).await,
            6 | 7 => twins.report(step, now_ms).await,
            8 => twins.remove(step, now_ms).await,
            _ => twins.replay(step, now_ms).await,
        }
        if step % 1000 == 700 {
            twins.purge(now_ms - 3000).await;
            twins.assert_same(now_ms).await;
        }
    }
    twins.assert_same(40_000).await;
}

/// The same through crashes, which free all claims. Replays that line up behind a later push are
/// left out: which of both goes first after a crash is the store's own business.
pub async fn the_outbox_agrees_with_the_oracle_through_reopenings(subject: &dyn Subject) {
    let mut twins = Twins::new(subject.open().await, 11);
    for step in 0..2000_i64 {
        let now_ms = step * 10;
        match twins.steps.below(40) {
            0..12 => twins.commit(step, now_ms).await,
            12..24 => twins.claim(step, now_ms).await,
            24..38 => twins.report(step, now_ms).await,
            38 => {
                let Some((id, twin)) = twins.known.pop() else { continue };
                if !twins.has_open(&twin).await {
                    twins.known = vec![(id, twin)];
                    twins.replay(step, now_ms).await;
                }
            }
            _ => {
                // The old store ends before the new one begins.
                twins.store = Arc::new(MemoryStore::default());
                twins.store = subject.open().await;
                twins.oracle.free_claims();
                if let Some((lapsed, _)) = twins.take_held() {
                    let reported = complete(&*twins.store, &lapsed, delivered(now_ms)).await;
                    assert_eq!(reported, Reported::Lapsed, "step {step}");
                }
                twins.held.clear();
                twins.assert_same(now_ms).await;
            }
        }
    }
    twins.assert_same(20_000).await;
}

/// Many workers beside many commits: every push is attempted once, in its ordering key's order.
pub async fn racing_workers_send_each_push_once_and_in_order(subject: &dyn Subject) {
    const PUSHES: usize = 600;
    let store = subject.open().await;
    let sent: Arc<Mutex<SentNumbers>> = Arc::default();
    let completed = Arc::new(AtomicUsize::new(0));
    let writer = {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for n in 0..PUSHES {
                let account = format!("wx{}", n % 4);
                commit_pushes(&*store, vec![push(&account, &(n % 7).to_string(), 1)]).await;
            }
        })
    };
    let workers: Vec<_> = (0..4)
        .map(|_| {
            let (store, sent) = (Arc::clone(&store), Arc::clone(&sent));
            let completed = Arc::clone(&completed);
            tokio::spawn(async move {
                while completed.load(Ordering::SeqCst) < PUSHES {
                    let claims = claim_pushes(&*store, 10).await;
                    tokio::task::yield_now().await;
                    for claim in claims {
                        let PushId { account, number } = claim.work.id.clone();
                        let key = (account, claim.work.ordering_key.clone());
                        sent.lock().unwrap().entry(key).or_default().push(number);
                        assert_eq!(store.renew(&[claim.token], LONG).await.unwrap(), []);
                        let reported = complete(&*store, &claim, delivered(10)).await;
                        assert_ne!(reported, Reported::Lapsed);
                        completed.fetch_add(1, Ordering::SeqCst);
                    }
                }
            })
        })
        .collect();
    writer.await.unwrap();
    for worker in workers {
        worker.await.unwrap();
    }
    let sent = sent.lock().unwrap();
    assert_eq!(sent.values().map(Vec::len).sum::<usize>(), PUSHES);
    for (key, numbers) in sent.iter() {
        assert!(numbers.is_sorted(), "{key:?}: {numbers:?}");
        assert_eq!(numbers.iter().collect::<BTreeSet<_>>().len(), numbers.len(), "{key:?}");
    }
}
