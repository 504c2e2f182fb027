//! The worker of one queue: claims what its scheduler says, does it, and reports how it ended.
//!
//! A claim is taken when its work can start, never earlier: nothing waits in memory with its claim
//! running out. The limits of concurrency are for what burdens others: the work gives its place back
//! before it waits for its report to be on disk, so the next piece goes out meanwhile. Claims are renewed as long as the work goes on
//! ([`holds`]), so slow work is not done twice; when the process dies they lapse after [`LAPSE`], and somebody else goes on.
//! A process that stands still for as long finds that out before it acts ([`Hold::while_it_lasts`]).

mod holds;

pub(crate) use self::holds::Hold;
use self::holds::{Holds, LAPSE, RENEW_EVERY};
use crate::app::App;
use crate::delivery::scheduler::{Limits, Scheduler};
use crate::failure::Failure;
use crate::settings::Concurrency;
use core::time::Duration;
use kaipiao_domain::Timestamp;
use kaipiao_ports::delivery::claims::{Claim, ClaimRequest, Claimed, DueTurn, Queue, TurnKey};
use kaipiao_ports::entropy::PieceOfWork;
use kaipiao_ports::errors::StoreError;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{Id, JoinError, JoinSet};

/// How often a worker looks into the store by itself: hints can be lost, and other nodes give none.
pub(crate) const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Pieces of work, reports under way included, for each place.
const REPORTS_PER_PLACE: usize = 4;
/// Due turns read from the store at once.
const TURNS: usize = 1000;
/// Pause between two tries to reach a store that is away.
const RETRY_STORE_AFTER: Duration = Duration::from_millis(100);
/// How long a report is tried again while the store is away.
const RETRY_STORE_FOR: Duration = Duration::from_secs(60);

/// A place among what is under way at once.
pub(crate) struct Place(UnboundedSender<(Id, Option<bool>)>);

impl Place {
    /// Gives the place back; what follows burdens nobody else. Says whether the receiver failed; None:
    /// nothing is known of the receiver.
    pub(crate) fn give_back(self, failed: Option<bool>) {
        if let Some(id) = tokio::task::try_id() {
            // A worker that has stopped counts no more.
            let _ = self.0.send((id, failed));
        }
    }

    /// A place that no worker counts.
    #[cfg(test)]
    pub(crate) fn uncounted() -> Self {
        Self(unbounded_channel().0)
    }
}

/// The end of a piece of work, for its scheduler.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ended {
    /// Whether the receiver failed; None: it says nothing about the receiver. Counts unless the place
    /// was given back before.
    pub failed: Option<bool>,
    /// When the work that follows in the same turn is due, in the domain's milliseconds.
    pub next_due_ms: Option<i64>,
}

/// A kind of work.
#[async_trait::async_trait]
pub(crate) trait Work: Send + Sync + 'static {
    /// One piece of it.
    type Item: Clone + Send + Sync + 'static;
    /// The queue that it stands in.
    const QUEUE: Queue;

    fn app(&self) -> &App;

    /// A piece's name, which this try at it has alone.
    fn name(item: &Self::Item) -> String;

    fn concurrency(&self) -> Concurrency;

    async fn claim(&self, request: &ClaimRequest<'_>) -> Result<Claimed<Self::Item>, StoreError>;

    /// Does one piece, to its report.
    async fn work(&self, claim: Claim<Self::Item>, place: Place, hold: &Hold) -> Ended;

    /// Reports a piece whose work has panicked.
    async fn panicked(&self, claim: Claim<Self::Item>) -> Ended;
}

/// Works until it is stopped.
pub(crate) struct Worker<W: Work> {
    work: Arc<W>,
    scheduler: Scheduler,
    running: JoinSet<Ended>,
    under_way: HashMap<Id, UnderWay<W::Item>>,
    /// Places that were given back by work that goes on.
    given_back: UnboundedReceiver<(Id, Option<bool>)>,
    giving_back: UnboundedSender<(Id, Option<bool>)>,
    /// What is under way, places given back included: reports that the store does not take hold up the
    /// claims behind them in the end.
    at_most: usize,
    holds: Holds,
    renew_every: Duration,
    looked: Option<Instant>,
}

struct UnderWay<Item> {
    turn: TurnKey,
    claim: Claim<Item>,
    /// Before the claim was asked for.
    asked_at: Instant,
    has_place: bool,
    has_panicked: bool,
}

impl<W: Work> Worker<W> {
    pub(crate) fn new(work: W) -> Self {
        let Concurrency { at_once, per_account, .. } = work.concurrency();
        let failing_at_once = (at_once / 2).max(1);
        let limits = Limits { at_once, per_turn: per_account, failing_at_once };
        let (giving_back, given_back) = unbounded_channel();
        Self {
            work: Arc::new(work),
            scheduler: Scheduler::new(limits),
            running: JoinSet::new(),
            under_way: HashMap::new(),
            given_back,
            giving_back,
            at_most: at_once.saturating_mul(REPORTS_PER_PLACE),
            holds: Holds::default(),
            renew_every: RENEW_EVERY,
            looked: None,
        }
    }

    /// Runs until `stop` resolves; then takes no more, and lets what is running finish. Ends earlier if claims are not renewed any
    /// more.
    pub(crate) async fn run(self, stop: impl Future<Output = ()>) {
        let store = Arc::clone(&self.work.app().store);
        let renewing = self.holds.renew_each(self.renew_every, W::QUEUE, store);
        self.run_beside(renewing, stop).await;
    }

    async fn run_beside(self, mut renewing: JoinSet<()>, stop: impl Future<Output = ()>) {
        tokio::select! {
            () = self.run_until(stop) => {}
            // It has panicked: claims would lapse during the work, and others would do it once more.
            Some(ended) = renewing.join_next() => {
                tracing::error!(?ended, queue = W::QUEUE.name(), "claims are not renewed any more");
            }
        }
    }

    async fn run_until(mut self, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        loop {
            self.take_hints().await;
            self.claim_due().await;
            self.show();
            let work = Arc::clone(&self.work);
            let wait = tokio::time::timeout(self.wait(), mailbox(&*work).arrival());
            tokio::select! {
                () = &mut stop => break,
                _ = wait => {}
                Some((id, failed)) = self.given_back.recv() => self.free_place(id, failed),
                Some(ended) = self.running.join_next_with_id() => self.ended(ended),
            }
            // Whatever else has ended meanwhile is one look at the schedule, not one each.
            tokio::task::yield_now().await;
            while let Some(ended) = self.running.try_join_next_with_id() {
                self.ended(ended);
            }
            while let Ok((id, failed)) = self.given_back.try_recv() {
                self.free_place(id, failed);
            }
        }
        while let Some(ended) = self.running.join_next_with_id().await {
            self.ended(ended);
        }
    }

    /// What metrics say of the queue.
    fn show(&self) {
        let gauges = self.work.app().metrics().queues.of(W::QUEUE);
        let [due, due_failing, later] = self.scheduler.waiting();
        gauges.show([
            (&gauges.due, due),
            (&gauges.due_failing, due_failing),
            (&gauges.later, later),
            (&gauges.places_in_use, self.scheduler.running()),
            (&gauges.under_way, self.running.len()),
        ]);
    }

    fn now_ms(&self) -> i64 {
        self.work.app().now().unix_millis()
    }

    /// Takes what commits have announced, and now and then looks into the store.
    async fn take_hints(&mut self) {
        let content = mailbox(&*self.work).take();
        let now_ms = self.now_ms();
        for DueTurn { due_ms, turn } in content.due {
            self.scheduler.due(&turn, due_ms, now_ms);
        }
        let is_time = self.looked.is_none_or(|looked| looked.elapsed() >= LOOK_EVERY);
        if content.look || is_time {
            self.looked = Some(Instant::now());
            self.look(now_ms).await;
        }
    }

    async fn look(&mut self, now_ms: i64) {
        let mut after: Option<TurnKey> = None;
        loop {
            let store = &self.work.app().store;
            let found = match store.due_turns(W::QUEUE, now_ms, after.as_ref(), TURNS).await {
                Ok(found) => found,
                Err(error) => {
                    tracing::error!(%error, queue = W::QUEUE.name(), "the queue could not be read");
                    return;
                }
            };
            for DueTurn { due_ms, turn } in &found {
                self.scheduler.due(turn, *due_ms, now_ms);
            }
            match found.last() {
                Some(last) if found.len() == TURNS => after = Some(last.turn.clone()),
                _ => return,
            }
        }
    }

    /// Claims and starts what is due, within the limits of concurrency.
    async fn claim_due(&mut self) {
        let now_ms = self.now_ms();
        while self.running.len() < self.at_most
            && let Some((turn, limit)) = self.scheduler.next(now_ms)
        {
            let limit = limit.min(self.at_most - self.running.len());
            let holder = self.work.app().node();
            let request =
                ClaimRequest { turn: &turn, due_by_ms: now_ms, lapses_in: LAPSE, limit, holder };
            let asked_at = Instant::now();
            match self.work.claim(&request).await {
                Ok(Claimed { claims, next_due_ms }) => {
                    self.scheduler.claimed(&turn, claims.len(), next_due_ms, now_ms);
                    for claim in claims {
                        let turn = turn.clone();
                        let (has_place, has_panicked) = (true, false);
                        self.start(UnderWay { turn, claim, asked_at, has_place, has_panicked });
                    }
                }
                Err(error) => {
                    tracing::error!(%error, queue = W::QUEUE.name(), "nothing could be claimed");
                    let again_ms =
                        now_ms + i64::try_from(LOOK_EVERY.as_millis()).unwrap_or(i64::MAX);
                    self.scheduler.claimed(&turn, 0, Some(again_ms), now_ms);
                    return;
                }
            }
        }
    }

    fn start(&mut self, started: UnderWay<W::Item>) {
        let (work, to_do) = (Arc::clone(&self.work), started.claim.clone());
        let has_panicked = started.has_panicked;
        let place = Place(self.giving_back.clone());
        let hold = self.holds.take(started.claim.token, started.asked_at);
        let name = format!("{} {}", W::QUEUE.name(), W::name(&started.claim.work));
        let task = self.running.spawn(async move {
            // Dropped with the task, before its end is seen here.
            let hold = hold;
            let doing = async {
                match has_panicked {
                    false => work.work(to_do, place, &hold).await,
                    true => work.panicked(to_do).await,
                }
            };
            work.app().drawing(PieceOfWork::Job(&name), doing).await
        });
        self.under_way.insert(task.id(), started);
    }

    /// Work that goes on has given its place back.
    fn free_place(&mut self, id: Id, failed: Option<bool>) {
        if let Some(under_way) = self.under_way.get_mut(&id)
            && under_way.has_place
        {
            under_way.has_place = false;
            self.scheduler.ended(&under_way.turn, failed);
        }
    }

    fn ended(&mut self, ended: Result<(Id, Ended), JoinError>) {
        let (id, ended) = match ended {
            Ok((id, ended)) => (id, Some(ended)),
            Err(error) => {
                tracing::error!(%error, queue = W::QUEUE.name(), "a piece of work panicked");
                (error.id(), None)
            }
        };
        match (ended, self.under_way.get(&id).is_some_and(|under_way| under_way.has_panicked)) {
            (Some(Ended { failed, next_due_ms }), _) => {
                self.free_place(id, failed);
                let under_way = self.under_way.remove(&id);
                if let Some((UnderWay { turn, .. }, due_ms)) = under_way.zip(next_due_ms) {
                    self.scheduler.due(&turn, due_ms, self.work.app().now().unix_millis());
                }
            }
            (None, false) => {
                if let Some(under_way) = self.under_way.remove(&id) {
                    self.start(UnderWay { has_panicked: true, ..under_way });
                }
            }
            // The report panicked as well: the claim lapses, and the work is offered again.
            (None, true) => {
                self.free_place(id, None);
                self.under_way.remove(&id);
            }
        }
    }

    /// How long there is nothing to do, as far as is known.
    fn wait(&self) -> Duration {
        let due = self.scheduler.next_due_ms().map(Timestamp::from_unix_millis);
        // A clock that is stopped never gets there; whoever moves it says so.
        let due_in = due.and_then(|due| self.work.app().real_until(due));
        due_in.map_or(LOOK_EVERY, |due_in| due_in.min(LOOK_EVERY))
    }
}

fn mailbox<W: Work>(work: &W) -> &crate::delivery::mailbox::Mailbox {
    work.app().mailboxes.of(W::QUEUE)
}

/// Repeats a report until the store has taken it: what was done must not be done again only because
/// the store was away for a moment. Another failure is returned at once.
pub(crate) async fn until_recorded<T, Report: Future<Output = Result<T, Failure>>>(
    what: &(dyn core::fmt::Display + Sync),
    report: impl Fn() -> Report,
) -> Result<T, Failure> {
    let started = Instant::now();
    loop {
        match report().await {
            Err(error @ (Failure::Away(_) | Failure::Overloaded(_)))
                if started.elapsed() < RETRY_STORE_FOR =>
            {
                tracing::warn!(%error, %what, "it could not be recorded yet");
                pause().await;
            }
            other => return other,
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the store's recovery takes real time")]
async fn pause() {
    tokio::time::sleep(RETRY_STORE_AFTER).await;
}

#[cfg(test)]
mod tests;
