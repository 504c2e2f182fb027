//! The laws of the outbox, written once, as `laws` holds those of the records.

use crate::laws::Subject;
use crate::steps::Steps;
use kaipiao_domain::delivery::push::Verdict;
use kaipiao_ports::delivery::outbox::{
    Attempt, Changed, Lease, LeaseAsk, Leases, NewPush, Next, Outbox, Push, PushId, PushQuery,
    PushState, Report, StateFilter,
};
use kaipiao_ports::store::{Commit, CommitError, Expect, Key, Kind, Save, Store};
use kaipiao_store_memory::MemoryStore;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Makes one test per law for the subject that the expression builds.
#[macro_export]
macro_rules! outbox_laws {
    ($subject:expr) => {
        $crate::outbox_laws!(
            $subject,
            a_push_comes_with_its_commit_or_not_at_all,
            create_times_are_unique_per_user_and_never_behind_the_clock,
            a_lease_has_one_holder_lapses_and_is_offered_again,
            a_lapsed_holders_report_changes_nothing,
            one_push_in_flight_per_lane_in_order,
            an_account_never_exceeds_its_cap,
            a_full_account_is_offered_again_when_its_leases_lapse,
            accounts_take_turns,
            failing_accounts_leave_room_for_the_others,
            a_retry_waits_for_its_time_and_holds_its_lane,
            opening_again_frees_all_leases_and_keeps_the_rest,
            a_settled_push_can_be_replayed_and_an_open_one_not,
            the_history_is_kept,
            a_listing_pages_and_filters,
            the_outbox_agrees_with_the_oracle,
            racing_workers_send_each_push_once_and_in_order,
        );
    };
    ($subject:expr, $($law:ident),+ $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $law() {
                $crate::delivery::outbox_laws::$law(&$subject).await;
            }
        )+
    };
}

/// The numbers that each lane (account, order) has sent.
type SentPerLane = HashMap<(String, String), Vec<i64>>;

const LONG: Duration = Duration::from_secs(600);

fn push(account: &str, lane: &str, now_ms: i64) -> NewPush {
    NewPush {
        account: account.into(),
        lane: lane.into(),
        openid: format!("o{account}"),
        event: "user_authorize_invoice",
        before_time: format!("<{lane} "),
        after_time: ">".into(),
        now_ms,
    }
}

async fn tell(store: &dyn Store, pushes: Vec<NewPush>) {
    store.commit(Commit { pushes, ..Commit::default() }).await.unwrap();
}

fn ask(now_ms: i64) -> LeaseAsk {
    LeaseAsk { now_ms, hold_for: LONG, limit: 100, per_account: 100, failing_at_once: 100 }
}

async fn lease(store: &dyn Store, ask: LeaseAsk) -> Vec<Lease> {
    store.lease(ask).await.unwrap().taken
}

fn lanes(leases: &[Lease]) -> Vec<&str> {
    leases.iter().map(|lease| lease.push.lane.as_str()).collect()
}

fn report(lease: &Lease, next: Next) -> Report {
    let attempt = Attempt {
        started_ms: 1,
        took_ms: 2,
        status: Some(200),
        problem: String::new(),
        excerpt: "success".into(),
    };
    Report { id: lease.push.id.clone(), token: lease.token, attempt: Some(attempt), next }
}

const fn delivered(now_ms: i64) -> Next {
    Next::Settle { verdict: Verdict::Delivered, now_ms }
}

async fn settle(store: &dyn Store, lease: &Lease, next: Next) -> Changed {
    store.settle(report(lease, next)).await.unwrap()
}

async fn all(store: &dyn Store) -> Vec<Push> {
    store.pushes(&PushQuery { limit: 100_000, ..PushQuery::default() }).await.unwrap()
}

/// The push is in the commit: both or neither.
pub async fn a_push_comes_with_its_commit_or_not_at_all(subject: &dyn Subject) {
    let store = subject.open().await;
    let key = Key { kind: Kind::Order, owner: "wx1".into(), id: "1".into() };
    let save = Save { key: key.clone(), expect: Expect::Absent, body: Some("x".into()) };
    let pushes = vec![push("wx1", "1", 5000)];
    let commit = Commit { pushes, ..Commit::of(vec![save]) };
    store.commit(commit.clone()).await.unwrap();
    assert_eq!(store.commit(commit).await, Err(CommitError::Conflict(key.clone())));
    drop(store);
    let store = subject.open().await;
    assert!(store.read(&key).await.unwrap().is_some());
    let pushes = all(&*store).await;
    let [push] = &pushes[..] else { panic!("{pushes:?}") };
    assert_eq!((&*push.body, push.create_time_s, push.committed_ms), ("<1 5>", 5, 5000));
    assert_eq!(push.state, PushState::Ready { due_ms: 5000 });
    assert_eq!((&*push.openid, &*push.event), ("owx1", "user_authorize_invoice"));
}

/// `max(now, last + 1)`, per account and user.
pub async fn create_times_are_unique_per_user_and_never_behind_the_clock(subject: &dyn Subject) {
    let store = subject.open().await;
    for (lane, now_ms) in [("1", 5000), ("2", 5999), ("3", 5000), ("4", 9000)] {
        tell(&*store, vec![push("wx1", lane, now_ms), push("wx2", lane, now_ms)]).await;
    }
    let other = NewPush { openid: "other".into(), ..push("wx1", "5", 5000) };
    tell(&*store, vec![other]).await;
    let found = all(&*store).await;
    let times: Vec<_> = found.iter().map(|p| (&*p.id.account, p.create_time_s)).collect();
    let (one, two) = ("wx1", "wx2");
    let expected =
        [(two, 9), (two, 7), (two, 6), (two, 5), (one, 5), (one, 9), (one, 7), (one, 6), (one, 5)];
    assert_eq!(times, expected);
}

/// A lease has one holder; when its time is over, the push is offered again.
pub async fn a_lease_has_one_holder_lapses_and_is_offered_again(subject: &dyn Subject) {
    let store = subject.open().await;
    tell(&*store, vec![push("wx1", "1", 5000)]).await;
    assert_eq!(lease(&*store, ask(4999)).await, [], "not due yet");
    let brief = LeaseAsk { hold_for: Duration::ZERO, ..ask(5000) };
    let first = lease(&*store, brief).await;
    let second = lease(&*store, ask(5000)).await;
    assert_eq!((first.len(), second.len()), (1, 1));
    assert_ne!(first[0].token, second[0].token);
    assert_eq!(first[0].push.id, second[0].push.id);
    assert_eq!(lease(&*store, ask(i64::MAX)).await, [], "it has a holder");
    assert!(all(&*store).await[0].in_flight_for.is_some());
}

/// What somebody reports whose lease has lapsed, or who reports twice, changes nothing.
pub async fn a_lapsed_holders_report_changes_nothing(subject: &dyn Subject) {
    let store = subject.open().await;
    tell(&*store, vec![push("wx1", "1", 5000)]).await;
    let brief = LeaseAsk { hold_for: Duration::ZERO, ..ask(5000) };
    let lapsed = lease(&*store, brief).await;
    assert_eq!(settle(&*store, &lapsed[0], delivered(5000)).await, Changed::No);
    let held = lease(&*store, ask(5000)).await;
    assert_eq!(settle(&*store, &lapsed[0], delivered(5000)).await, Changed::No);
    assert_eq!(all(&*store).await[0].attempts, 0);
    let twice = tokio::join!(
        store.settle(report(&held[0], delivered(6000))),
        store.settle(report(&held[0], delivered(7000)))
    );
    let yes = [twice.0.unwrap(), twice.1.unwrap()].iter().filter(|c| **c == Changed::Yes).count();
    assert_eq!(yes, 1);
    let after = &all(&*store).await[0];
    assert_eq!((after.attempts, after.in_flight_for), (1, None));
    let unknown = PushId { account: "wx9".into(), number: 1 };
    let report = Report { id: unknown, ..report(&held[0], delivered(0)) };
    assert_eq!(store.settle(report).await, Ok(Changed::No));
}

/// A lane's pushes go out one after the other, in order; other lanes do not wait for it.
pub async fn one_push_in_flight_per_lane_in_order(subject: &dyn Subject) {
    let store = subject.open().await;
    tell(&*store, vec![push("wx1", "a", 1), push("wx1", "a", 2), push("wx1", "b", 3)]).await;
    tell(&*store, vec![push("wx1", "a", 4), push("wx2", "a", 5)]).await;
    let mut order = Vec::new();
    let mut first = lease(&*store, ask(10_000)).await;
    assert_eq!(lanes(&first), ["a", "b", "a"]);
    let waiting = all(&*store).await.into_iter().filter(|p| p.state == PushState::Waiting).count();
    assert_eq!(waiting, 2);
    let mut of_a = first.remove(0);
    loop {
        order.push(of_a.push.id.number);
        assert_eq!(lease(&*store, ask(10_000)).await, []);
        assert_eq!(settle(&*store, &of_a, delivered(10_000)).await, Changed::Yes);
        let mut next = lease(&*store, ask(10_000)).await;
        if next.is_empty() {
            break;
        }
        assert_eq!(lanes(&next), ["a"]);
        of_a = next.remove(0);
    }
    assert_eq!(order, [1, 2, 4]);
}

/// An account has at most so many leases; the others' pushes are not held up by it.
pub async fn an_account_never_exceeds_its_cap(subject: &dyn Subject) {
    let store = subject.open().await;
    let many = (0..50).map(|n| push("wx1", &n.to_string(), 1)).collect();
    tell(&*store, many).await;
    tell(&*store, vec![push("wx2", "x", 2)]).await;
    let capped = LeaseAsk { per_account: 4, ..ask(10) };
    let mut held = lease(&*store, capped).await;
    assert_eq!(held.iter().filter(|lease| lease.push.id.account == "wx1").count(), 4);
    assert_eq!(held.iter().filter(|lease| lease.push.id.account == "wx2").count(), 1);
    assert_eq!(lease(&*store, capped).await, []);
    // Each that ends makes room for one.
    held.retain(|lease| lease.push.id.account == "wx1");
    let mut sent = 0;
    while let Some(done) = held.pop() {
        settle(&*store, &done, delivered(10)).await;
        sent += 1;
        let more = lease(&*store, capped).await;
        assert!(more.len() <= 1 && held.len() + more.len() <= 4);
        held.extend(more);
    }
    assert_eq!(sent, 50);
    // The limit of one ask holds too, and says when to come again.
    tell(&*store, (0..5).map(|n| push("wx3", &n.to_string(), 20)).collect()).await;
    let none = store.lease(LeaseAsk { limit: 3, ..ask(10) }).await.unwrap();
    assert_eq!((none.taken.len(), none.next_due_ms), (0, Some(20)));
    assert_eq!(lease(&*store, LeaseAsk { limit: 3, ..ask(20) }).await.len(), 3);
    assert_eq!(lease(&*store, LeaseAsk { limit: 3, ..ask(20) }).await.len(), 2);
}

/// An account at its cap whose leases lapse is not forgotten.
pub async fn a_full_account_is_offered_again_when_its_leases_lapse(subject: &dyn Subject) {
    let store = subject.open().await;
    tell(&*store, (0..5).map(|n| push("wx1", &n.to_string(), 1)).collect()).await;
    let brief = LeaseAsk { per_account: 2, hold_for: Duration::ZERO, ..ask(10) };
    for _ in 0..3 {
        assert_eq!(lease(&*store, brief).await.len(), 2);
    }
}

/// With one place in all, an account that always has more does not keep it: the others get theirs
/// in turn, whatever their names and however long its pushes have been due.
pub async fn accounts_take_turns(subject: &dyn Subject) {
    let store = subject.open().await;
    for account in ["wx5", "wx1", "wx9"] {
        tell(&*store, (0..40).map(|n| push(account, &n.to_string(), 1)).collect()).await;
    }
    let one = LeaseAsk { limit: 1, ..ask(10) };
    let mut served: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..30 {
        let lease = lease(&*store, one).await.remove(0);
        *served.entry(lease.push.id.account.clone()).or_default() += 1;
        settle(&*store, &lease, Next::Retry { due_ms: 10 }).await;
    }
    assert_eq!(served.into_values().collect::<Vec<_>>(), [10, 10, 10]);
}

/// However many receivers are dead: together they have their share, and a success ends it.
pub async fn failing_accounts_leave_room_for_the_others(subject: &dyn Subject) {
    let store = subject.open().await;
    for account in 0..10 {
        let many = (0..10).map(|n| push(&format!("wx{account}"), &n.to_string(), 1)).collect();
        tell(&*store, many).await;
    }
    let ask = LeaseAsk { per_account: 2, failing_at_once: 3, ..ask(10) };
    let first = lease(&*store, ask).await;
    assert_eq!(first.len(), 20);
    for held in &first {
        settle(&*store, held, Next::Retry { due_ms: 10 }).await;
    }
    let second = lease(&*store, ask).await;
    assert_eq!(second.len(), 3, "all of them fail");
    tell(&*store, vec![push("healthy", "1", 1), push("healthy", "2", 1)]).await;
    let third = lease(&*store, ask).await;
    assert_eq!(third.iter().filter(|held| held.push.id.account == "healthy").count(), 2);
    assert_eq!(third.len(), 2);
    // One of them answers: it is no longer counted, and its own cap holds again.
    let recovered = second[0].push.id.account.clone();
    settle(&*store, &second[0], delivered(10)).await;
    let fourth = lease(&*store, ask).await;
    let of_recovered = fourth.iter().filter(|held| held.push.id.account == recovered).count();
    let held_before = second[1..].iter().filter(|held| held.push.id.account == recovered).count();
    assert_eq!(of_recovered + held_before, 2);
    assert_eq!(second.len() - 1 - held_before + fourth.len() - of_recovered, 3);
}

/// A retry is offered when it is due; until then its lane waits, and nobody else.
pub async fn a_retry_waits_for_its_time_and_holds_its_lane(subject: &dyn Subject) {
    let store = subject.open().await;
    tell(&*store, vec![push("wx1", "a", 1), push("wx1", "a", 2)]).await;
    let first = lease(&*store, ask(10)).await;
    assert_eq!(settle(&*store, &first[0], Next::Retry { due_ms: 2000 }).await, Changed::Yes);
    tell(&*store, vec![push("wx1", "b", 3)]).await;
    let Leases { taken, next_due_ms } = store.lease(ask(1999)).await.unwrap();
    assert_eq!((lanes(&taken), next_due_ms), (vec!["b"], Some(2000)));
    let again = lease(&*store, ask(2000)).await;
    assert_eq!((again[0].push.id.number, again[0].push.tries), (1, 1));
    let gave_up = Next::Settle { verdict: Verdict::GaveUp, now_ms: 2000 };
    assert_eq!(settle(&*store, &again[0], gave_up).await, Changed::Yes);
    let next = lease(&*store, ask(2000)).await;
    assert_eq!((next[0].push.id.number, next[0].push.tries), (2, 0));
}

/// Opening the store again frees all leases; states, order and times are as they were.
pub async fn opening_again_frees_all_leases_and_keeps_the_rest(subject: &dyn Subject) {
    let store = subject.open().await;
    tell(&*store, vec![push("wx1", "a", 1), push("wx1", "a", 2), push("wx1", "b", 3)]).await;
    let held = lease(&*store, ask(10)).await;
    settle(&*store, &held[1], Next::Retry { due_ms: 500 }).await;
    drop(store);
    let store = subject.open().await;
    assert!(all(&*store).await.iter().all(|push| push.in_flight_for.is_none()));
    let Leases { taken, next_due_ms } = store.lease(ask(10)).await.unwrap();
    assert_eq!((lanes(&taken), next_due_ms), (vec!["a"], Some(500)));
    assert_eq!(taken[0].push.id.number, 1);
    assert_eq!(settle(&*store, &held[0], delivered(10)).await, Changed::No);
    tell(&*store, vec![push("wx1", "c", 1)]).await;
    assert_eq!(all(&*store).await[0].create_time_s, 3, "after 0, 1 and 2");
}

/// Replaying opens a settled push again, behind what its lane has open, with the same body.
pub async fn a_settled_push_can_be_replayed_and_an_open_one_not(subject: &dyn Subject) {
    let store = subject.open().await;
    tell(&*store, vec![push("wx1", "a", 1)]).await;
    let id = PushId { account: "wx1".into(), number: 1 };
    assert_eq!(store.replay(id.clone(), 5).await, Ok(Changed::No));
    let first = lease(&*store, ask(10)).await;
    settle(&*store, &first[0], Next::Settle { verdict: Verdict::GaveUp, now_ms: 10 }).await;
    assert_eq!(store.replay(id.clone(), 20).await, Ok(Changed::Yes));
    assert_eq!(store.replay(id.clone(), 20).await, Ok(Changed::No));
    let again = lease(&*store, ask(20)).await;
    assert_eq!((again[0].push.tries, again[0].push.attempts), (0, 1));
    assert_eq!(again[0].push.body, first[0].push.body);
    settle(&*store, &again[0], delivered(30)).await;
    // A later push of the lane is open: the replayed one waits for it.
    tell(&*store, vec![push("wx1", "a", 40)]).await;
    assert_eq!(store.replay(id.clone(), 41).await, Ok(Changed::Yes));
    let next = lease(&*store, ask(50)).await;
    assert_eq!(next.iter().map(|l| l.push.id.number).collect::<Vec<_>>(), [2]);
    settle(&*store, &next[0], delivered(50)).await;
    assert_eq!(lease(&*store, ask(50)).await[0].push.id, id);
    let unknown = PushId { account: "wx1".into(), number: 99 };
    assert_eq!(store.replay(unknown, 1).await, Ok(Changed::NoSuchPush));
}

/// Every attempt stays readable, also after a replay.
pub async fn the_history_is_kept(subject: &dyn Subject) {
    let store = subject.open().await;
    tell(&*store, vec![push("wx1", "a", 1)]).await;
    let id = PushId { account: "wx1".into(), number: 1 };
    let mut expected = Vec::new();
    for (n, next) in [Next::Retry { due_ms: 1 }, delivered(1), delivered(2)].into_iter().enumerate()
    {
        let lease = lease(&*store, ask(10)).await.remove(0);
        let attempt = Attempt {
            started_ms: i64::try_from(n).unwrap(),
            took_ms: 7,
            status: (n > 0).then_some(500),
            problem: format!("problem {n}"),
            excerpt: "中文\n".repeat(n),
        };
        expected.push(attempt.clone());
        let report = Report { attempt: Some(attempt), ..report(&lease, next) };
        assert_eq!(store.settle(report).await, Ok(Changed::Yes));
        let _ = store.replay(id.clone(), 5).await.unwrap();
    }
    let lease = lease(&*store, ask(10)).await.remove(0);
    let unroutable = Next::Settle { verdict: Verdict::Unroutable, now_ms: 9 };
    let report = Report { attempt: None, ..report(&lease, unroutable) };
    assert_eq!(store.settle(report).await, Ok(Changed::Yes));
    drop(store);
    let store = subject.open().await;
    assert_eq!(store.attempts(&id).await.unwrap(), expected);
    let push = &all(&*store).await[0];
    assert_eq!((push.attempts, push.tries), (3, 0));
    assert_eq!(push.state, PushState::Settled { verdict: Verdict::Unroutable, at_ms: 9 });
    let unknown = PushId { account: "wx1".into(), number: 2 };
    assert_eq!(store.attempts(&unknown).await.unwrap(), []);
}

/// Listings: newest first within an account, by page, by lane, by state.
pub async fn a_listing_pages_and_filters(subject: &dyn Subject) {
    let store = subject.open().await;
    for n in 0..7 {
        let lane = if n % 2 == 0 { "even" } else { "odd" };
        tell(&*store, vec![push("wx1", lane, n), push("wx2", lane, n)]).await;
    }
    let held = lease(&*store, LeaseAsk { limit: 1, ..ask(100) }).await;
    settle(&*store, &held[0], delivered(100)).await;
    let whole = all(&*store).await;
    let numbers: Vec<_> = whole.iter().map(|p| (&*p.id.account, p.id.number)).collect();
    let of = |account| (1..=7).rev().map(move |n| (account, n));
    assert_eq!(numbers, of("wx2").chain(of("wx1")).collect::<Vec<_>>());

    let mut query = PushQuery { limit: 3, ..PushQuery::default() };
    let mut paged = Vec::new();
    loop {
        let page = store.pushes(&query).await.unwrap();
        assert!(page.len() <= 3);
        let Some(last) = page.last() else { break };
        query.after = Some(last.id.clone());
        paged.extend(page);
    }
    assert_eq!(paged, whole);

    let count = async |query: PushQuery| {
        store.pushes(&PushQuery { limit: 100, ..query }).await.unwrap().len()
    };
    let account = Some("wx1".to_owned());
    let lane = Some("even".to_owned());
    assert_eq!(count(PushQuery { account: account.clone(), ..Default::default() }).await, 7);
    assert_eq!(count(PushQuery { lane: lane.clone(), ..Default::default() }).await, 8);
    assert_eq!(count(PushQuery { account, lane, ..Default::default() }).await, 4);
    let state = |state| PushQuery { state: Some(state), ..Default::default() };
    assert_eq!(count(state(StateFilter::Open)).await, 13);
    assert_eq!(count(state(StateFilter::Settled(Verdict::Delivered))).await, 1);
    assert_eq!(count(state(StateFilter::Settled(Verdict::GaveUp))).await, 0);
}

/// The store does what the store in memory does, step by step.
pub async fn the_outbox_agrees_with_the_oracle(subject: &dyn Subject) {
    let (store, oracle) = (subject.open().await, MemoryStore::default());
    let mut steps = Steps::new(7);
    // What is held, by push: the lease of the store and that of the oracle.
    let mut held: BTreeMap<PushId, (Lease, Lease)> = BTreeMap::new();
    for step in 0..4000_i64 {
        let now_ms = step * 10;
        match steps.below(5) {
            0 | 1 => {
                let account = ["wx1", "wx2", "wx3"][steps.index(3)];
                let new = NewPush {
                    openid: steps.below(3).to_string(),
                    ..push(account, &steps.below(4).to_string(), now_ms)
                };
                tell(&*store, vec![new.clone()]).await;
                tell(&oracle, vec![new]).await;
            }
            2 => {
                let ask = LeaseAsk { per_account: 2, ..ask(now_ms) };
                let (found, expected) =
                    (store.lease(ask).await.unwrap(), oracle.lease(ask).await.unwrap());
                assert_eq!(found.next_due_ms, expected.next_due_ms, "step {step}");
                let by_id = |leases: Vec<Lease>| -> BTreeMap<_, _> {
                    leases.into_iter().map(|lease| (lease.push.id.clone(), lease)).collect()
                };
                let (found, mut expected) = (by_id(found.taken), by_id(expected.taken));
                assert_eq!(
                    found.keys().collect::<Vec<_>>(),
                    expected.keys().collect::<Vec<_>>(),
                    "step {step}"
                );
                for (id, lease) in found {
                    let twin = expected.remove(&id).unwrap();
                    assert_eq!(lease.push, twin.push, "step {step}");
                    held.insert(id, (lease, twin));
                }
            }
            3 => {
                let nth = steps.index(held.len().max(1));
                let Some(id) = held.keys().nth(nth).cloned() else { continue };
                let (lease, twin) = held.remove(&id).unwrap();
                let next = match steps.below(3) {
                    0 => Next::Retry { due_ms: now_ms + 100 },
                    1 => delivered(now_ms),
                    _ => Next::Settle { verdict: Verdict::GaveUp, now_ms },
                };
                let found = store.settle(report(&lease, next)).await;
                assert_eq!(found, oracle.settle(report(&twin, next)).await);
                assert_eq!(found, Ok(Changed::Yes), "step {step}");
            }
            _ => {
                let account = ["wx1", "wx2", "wx3"][steps.index(3)].to_owned();
                let id = PushId { account, number: i64::try_from(steps.below(60)).unwrap() };
                let found = store.replay(id.clone(), now_ms).await;
                assert_eq!(found, oracle.replay(id, now_ms).await, "step {step}");
            }
        }
    }
    let without_durations = |pushes: Vec<Push>| -> Vec<_> {
        pushes
            .into_iter()
            .map(|push| (push.in_flight_for.is_some(), Push { in_flight_for: None, ..push }))
            .collect()
    };
    let (found, expected) = (all(&*store).await, all(&oracle).await);
    assert_eq!(without_durations(found), without_durations(expected.clone()));
    for push in expected {
        let attempts = store.attempts(&push.id).await.unwrap();
        assert_eq!(attempts, oracle.attempts(&push.id).await.unwrap());
    }
}

/// Many workers beside many commits: every push is attempted once, in its lane's order, never more
/// than the cap at once.
pub async fn racing_workers_send_each_push_once_and_in_order(subject: &dyn Subject) {
    const PUSHES: usize = 600;
    const CAP: usize = 3;
    let store = subject.open().await;
    let sent: Arc<Mutex<SentPerLane>> = Arc::default();
    let flying: Arc<Mutex<HashMap<String, usize>>> = Arc::default();
    let settled = Arc::new(AtomicUsize::new(0));
    let writer = {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for n in 0..PUSHES {
                let account = format!("wx{}", n % 4);
                tell(&*store, vec![push(&account, &(n % 7).to_string(), 1)]).await;
            }
        })
    };
    let workers: Vec<_> = (0..4)
        .map(|_| {
            let (store, sent) = (Arc::clone(&store), Arc::clone(&sent));
            let (flying, settled) = (Arc::clone(&flying), Arc::clone(&settled));
            tokio::spawn(async move {
                while settled.load(Ordering::SeqCst) < PUSHES {
                    let ask = LeaseAsk { limit: 5, per_account: CAP, ..ask(10) };
                    let taken = lease(&*store, ask).await;
                    for lease in &taken {
                        let mut flying = flying.lock().unwrap();
                        let count = flying.entry(lease.push.id.account.clone()).or_default();
                        *count += 1;
                        assert!(*count <= CAP, "the cap is exceeded");
                    }
                    tokio::task::yield_now().await;
                    for lease in taken {
                        let id = lease.push.id.clone();
                        let lane = (id.account.clone(), lease.push.lane.clone());
                        sent.lock().unwrap().entry(lane).or_default().push(id.number);
                        *flying.lock().unwrap().get_mut(&id.account).unwrap() -= 1;
                        assert_eq!(settle(&*store, &lease, delivered(10)).await, Changed::Yes);
                        settled.fetch_add(1, Ordering::SeqCst);
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
    for (lane, numbers) in sent.iter() {
        assert!(numbers.is_sorted(), "{lane:?}: {numbers:?}");
        assert_eq!(numbers.iter().collect::<BTreeSet<_>>().len(), numbers.len(), "{lane:?}");
    }
}
