//! The store that nodes share.

use crate::bucket::bucket;
use crate::commit::{Change, Reply, Work, Writers, read_fresh};
use crate::config::{OpenError, Options};
use crate::connection::{
    Access, Kept, Session, config, connect, pool, pool_collectors, within_time,
};
use crate::delivery::{claims, jobs, push_listing, pushes};
use crate::errors::{DbError, away};
use crate::examine::CLOCK;
use crate::health::Health;
use crate::migrations;
use crate::node::{self, Lost, NodeLease, RENEW_WITHIN};
use crate::records::listing::compared;
use crate::records::resident::Resident;
use crate::records::statements::{read_row, read_sql};
use crate::records::{listing, purge, search};
use crate::watch::{self, Watch};
use async_trait::async_trait;
use core::time::Duration;
use deadpool_postgres::{Client, Pool};
use kaipiao_ports::delivery::claims::{
    ClaimRequest, ClaimToken, Claimed, Claims, DueTurn, Queue, Reported, TurnKey,
};
use kaipiao_ports::delivery::jobs::{Job, JobFailure, JobQuery, Jobs};
use kaipiao_ports::delivery::outbox::{
    ListedPush, Outbox, Push, PushId, PushQuery, PushReport, Replayed,
};
use kaipiao_ports::errors::{CommitError, StoreError};
use kaipiao_ports::metrics::CommitMetrics;
use kaipiao_ports::record::{Key, Stored};
use kaipiao_ports::store::{Commit, Committed, Forgettable, Freshness, Listed, Page, Store};
use prometheus::core::Collector;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;
use tokio::sync::Mutex;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Config, IsolationLevel};

/// Tries of what others got in the way of.
const TRIES: usize = 8;
/// How long a renewal looks again at rows that others have locked, and how often.
const LOCKED_FOR: Duration = Duration::from_secs(3);
const LOCKED_AGAIN_AFTER: Duration = Duration::from_millis(100);

/// The store on PostgreSQL.
pub struct PostgresStore {
    pool: Pool,
    writers: Writers,
    metrics: CommitMetrics,
    resident: Arc<Resident>,
    health: Arc<Health>,
    lease: NodeLease,
    /// What claims are renewed by, and the name is given back, however many requests wait for the pool.
    renewals: Mutex<Kept>,
    serial: AtomicU64,
    /// Requests that wait for a connection or use one, the writers' aside.
    under_way: AtomicUsize,
    at_most: usize,
    _watch: Watch,
}

impl PostgresStore {
    /// Connects, migrates what is old, takes a node's name.
    pub async fn open(options: Options) -> Result<Self, OpenError> {
        let config = config(&options.url)?;
        let (mut client, serving) = connect(&config).await?;
        let known = migrations::apply(&mut client, options.later).await?;
        let session = Session::new(client, serving);
        let pool = pool(&config, &options, Access::Writes)?;
        let health = Arc::default();
        let renewals = Kept::new(config.clone(), Some(Session::open(&config).await?));
        let lease =
            node::lease((session, &config), &health, options.node.as_deref(), known).await?;
        Self::over((config, Access::Writes), pool, health, (lease, renewals), options).await
    }

    /// Opens the store for reading only, beside the nodes and without a name among them, on a standby too; None: its
    /// tables were never made.
    pub async fn open_read_only(options: Options) -> Result<Option<Self>, OpenError> {
        let config = config(&options.url)?;
        let (client, connection) = connect(&config).await?;
        let is_made = migrations::are_applied(&client).await?;
        drop(client);
        connection.abort();
        if !is_made {
            return Ok(None);
        }
        let pool = pool(&config, &options, Access::Reads)?;
        let node = (NodeLease::of_nobody(), Kept::new(config.clone(), None));
        let config = (config, Access::Reads);
        Self::over(config, pool, Arc::default(), node, options).await.map(Some)
    }

    async fn over(
        (config, access): (Config, Access),
        pool: Pool,
        health: Arc<Health>,
        (lease, renewals): (NodeLease, Kept),
        options: Options,
    ) -> Result<Self, OpenError> {
        let resident = Arc::new(Resident::default());
        let watch = watch::start(config, access, Arc::clone(&resident)).await?;
        let metrics = CommitMetrics::default();
        let work = Work {
            pool: pool.clone(),
            resident: Arc::clone(&resident),
            health: Arc::clone(&health),
            node: Arc::clone(&lease.name),
            groups: Arc::default(),
            metrics: metrics.clone(),
            group: options.group.max(1),
            before_commit: options.before_commit,
        };
        let count = options.writers.clamp(1, options.connections.max(4) / 2);
        let writers = Writers::start(&work, count, options.queue_capacity);
        let serial = AtomicU64::new(u64::try_from(lease.lease).unwrap_or_default());
        let (under_way, at_most) = (AtomicUsize::new(0), options.queue_capacity);
        Ok(Self {
            pool,
            writers,
            metrics,
            resident,
            health,
            lease,
            renewals: Mutex::new(renewals),
            serial,
            under_way,
            at_most,
            _watch: watch,
        })
    }

    /// The name that this process has among the nodes of the database.
    pub fn node(&self) -> &str {
        &self.lease.name
    }

    /// Resolves when this process must end: after a silence of 15 s and more another one can have taken the node's name, or
    /// changed the database in a way that this program cannot live with.
    pub fn node_lost(&self) -> impl Future<Output = Lost> + use<> {
        self.lease.lost()
    }

    /// Lets go of the node's name, so that whoever starts next has it at once.
    pub async fn close(&self) {
        self.lease.stop_renewing();
        let (name, lease) = (self.node(), self.lease.lease);
        let given =
            self.beside(|client| async move { node::give_back(&client, name, lease).await });
        if let Err(error) = given.await {
            tracing::warn!(?error, "the node's name lapses in 15 s");
        }
    }

    /// Runs statements that must not wait for the pool's connections.
    async fn beside<T, Run>(
        &self,
        statements: impl Fn(Arc<tokio_postgres::Client>) -> Run,
    ) -> Result<T, StoreError>
    where
        Run: Future<Output = Result<T, DbError>>,
    {
        self.again(async || self.renewals.lock().await.run(RENEW_WITHIN, &statements).await).await
    }

    /// Renews claims of a queue: those that no longer hold. Of rows that others have locked for all of [`LOCKED_FOR`] the
    /// claim is left as it is.
    #[expect(clippy::disallowed_methods, reason = "locks are let go of in real time")]
    async fn renew_of(
        &self,
        queue: Queue,
        mut tokens: Vec<ClaimToken>,
        lapses_in_ms: i64,
    ) -> Result<Vec<ClaimToken>, StoreError> {
        let (mut lost, began) = (Vec::new(), Instant::now());
        while !tokens.is_empty() {
            let renewed =
                self.listed(&claims::renew_sql(queue), &tokens, Some(&lapses_in_ms)).await?;
            tokens.retain(|token| !is_among(token, &renewed));
            if tokens.is_empty() {
                break;
            }
            let locked = self.listed(&claims::held_sql(queue), &tokens, None).await?;
            lost.extend(tokens.iter().filter(|token| !is_among(token, &locked)));
            tokens.retain(|token| is_among(token, &locked));
            if began.elapsed() > LOCKED_FOR {
                break;
            }
            tokio::time::sleep(LOCKED_AGAIN_AFTER).await;
        }
        Ok(lost)
    }

    /// Runs a statement over claims that answers number and serial of some of them.
    async fn listed(
        &self,
        sql: &str,
        tokens: &[ClaimToken],
        lapses_in_ms: Option<&i64>,
    ) -> Result<Vec<(i64, i64)>, StoreError> {
        let claims::Tokens { buckets, numbers, serials } = &claims::Tokens::of(tokens);
        let node = self.node();
        let listed = self.beside(|client| {
            let node = &node;
            async move {
                let mut values: Vec<&(dyn ToSql + Sync)> = vec![buckets, numbers, serials, node];
                values.extend(lapses_in_ms.map(|lapses_in_ms| lapses_in_ms as &(dyn ToSql + Sync)));
                let rows = client.query(sql, &values).await?;
                Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
            }
        });
        listed.await
    }

    fn next_serial(&self) -> u64 {
        self.serial.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// A connection, if not too many wait for one.
    async fn client(&self) -> Result<(Client, UnderWay<'_>), DbError> {
        let under_way = UnderWay::new(&self.under_way);
        if self.under_way.load(Ordering::SeqCst) > self.at_most {
            return Err(DbError::Store(StoreError::Overloaded));
        }
        Ok((self.pool.get().await?, under_way))
    }

    /// Runs something again while others get in its way.
    async fn again<T, Run>(&self, run: impl Fn() -> Run) -> Result<T, StoreError>
    where
        Run: Future<Output = Result<T, DbError>>,
    {
        for _ in 1..TRIES {
            match within_time(run()).await {
                Err(DbError::Again) => {}
                result => return result.map_err(StoreError::from),
            }
        }
        within_time(run()).await.map_err(StoreError::from)
    }

    /// Whether commits are taken: the newest one was not in vain, and the server is there and lets itself be written to.
    async fn look(&self) -> Result<(), StoreError> {
        if let Some(failure) = self.health.failure() {
            return Err(failure);
        }
        self.again(async || {
            let (client, _under_way) = self.client().await?;
            let row = client.query_one("SHOW transaction_read_only", &[]).await?;
            match row.get(0) {
                "off" => Ok(()),
                _ => Err(away("the server is read-only")),
            }
        })
        .await
    }

    async fn change(&self, change: Change) -> Result<Reply, CommitError> {
        self.writers.change(change).await
    }

    async fn report(&self, change: Change) -> Result<Reported, CommitError> {
        match self.change(change).await? {
            Reply::Reported(reported) => Ok(reported),
            Reply::Committed(_) => unreachable!("the reply of another change"),
        }
    }
}

/// Whether a statement has answered a claim.
fn is_among(token: &ClaimToken, answered: &[(i64, i64)]) -> bool {
    answered.contains(&(token.number, claims::stored_serial(token.serial)))
}

/// Counts a request for as long as it lives.
struct UnderWay<'a>(&'a AtomicUsize);

impl<'a> UnderWay<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl Store for PostgresStore {
    fn collectors(&self) -> Vec<Box<dyn Collector>> {
        self.metrics.collectors().into_iter().chain(pool_collectors(&self.pool)).collect()
    }

    /// Resident kinds are remembered, and lag behind other nodes by two seconds at most.
    async fn read(&self, key: &Key, freshness: Freshness) -> Result<Option<Stored>, StoreError> {
        if key.kind.is_resident() {
            if freshness == Freshness::Fresh {
                self.again(async || {
                    let (client, _under_way) = self.client().await?;
                    read_fresh(&client, &self.resident, key).await
                })
                .await?;
            }
            return Ok(self.resident.get(key));
        }
        self.again(async || {
            let (client, _under_way) = self.client().await?;
            let statement = client.prepare_cached(read_sql(key.kind)).await?;
            let (owner, id) = (compared(&key.owner), compared(&key.id));
            let row = client.query_opt(&statement, &[&bucket(&key.owner), &owner, &id]).await?;
            Ok(row.and_then(|row| read_row(key, &row).1))
        })
        .await
    }

    async fn list(&self, page: &Page) -> Result<Vec<Listed>, StoreError> {
        self.again(async || {
            let (client, _under_way) = self.client().await?;
            let query = listing::query(page);
            let statement = client.prepare_cached(&query.sql).await?;
            let rows = client.query(&statement, &query.values()).await?;
            Ok(rows.iter().map(|row| listing::listed(page, row)).collect())
        })
        .await
    }

    async fn commit(&self, commit: Commit) -> Result<Committed, CommitError> {
        if commit == Commit::default() {
            return self.look().await.map_err(CommitError::Store).map(|()| Committed::default());
        }
        match self.change(Change::Commit(commit)).await? {
            Reply::Committed(committed) => Ok(committed),
            Reply::Reported(_) => unreachable!("the reply of another change"),
        }
    }

    async fn index(&self, limit: usize) -> Result<usize, StoreError> {
        self.again(async || {
            let (mut client, _under_way) = self.client().await?;
            let transaction = client.transaction().await?;
            let count = search::index(&transaction, limit).await?;
            transaction.commit().await?;
            Ok(count)
        })
        .await
    }

    async fn gone_for_good(&self, holders: &[String]) -> Result<Vec<String>, StoreError> {
        self.again(async || {
            let (client, _under_way) = self.client().await?;
            let statement = client.prepare_cached(node::GONE_FOR_GOOD).await?;
            let rows = client.query(&statement, &[&holders]).await?;
            Ok(rows.iter().map(|row| row.get(0)).collect())
        })
        .await
    }

    async fn shared_clock_ms(&self) -> Result<Option<i64>, StoreError> {
        self.again(async || {
            let (client, _under_way) = self.client().await?;
            Ok(Some(client.query_one(CLOCK, &[]).await?.get(0)))
        })
        .await
    }

    async fn purge(&self, forgettable: &Forgettable, limit: usize) -> Result<usize, StoreError> {
        self.again(async || {
            let (mut client, _under_way) = self.client().await?;
            let transaction = client.transaction().await?;
            let mut removed = 0;
            let expiring = forgettable.records.iter().filter(|(kind, _)| kind.can_expire());
            for (kind, before_ms) in expiring {
                removed += purge::unused(&transaction, *kind, *before_ms, limit - removed).await?;
            }
            let others = [
                (pushes::PURGE, forgettable.pushes_before_ms),
                (jobs::PURGE, forgettable.jobs_before_ms),
            ];
            for (sql, before_ms) in others {
                let left = i64::try_from(limit - removed).unwrap_or(i64::MAX);
                let count = transaction.query_one(sql, &[&before_ms, &left]).await?;
                removed += usize::try_from(count.get::<_, i64>(0)).unwrap_or_default();
            }
            purge::sweep(&transaction, limit).await?;
            transaction.commit().await?;
            Ok(removed)
        })
        .await
    }
}

#[async_trait]
impl Claims for PostgresStore {
    async fn due_turns(
        &self,
        queue: Queue,
        due_by_ms: i64,
        after: Option<&TurnKey>,
        limit: usize,
    ) -> Result<Vec<DueTurn>, StoreError> {
        let (account, origin) = after.map_or(("", ""), |turn| (&*turn.account, &*turn.origin));
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.again(async || {
            let (client, _under_way) = self.client().await?;
            let statement = client.prepare_cached(&claims::due_turns_sql(queue)).await?;
            let rows = client.query(&statement, &[&due_by_ms, &account, &origin, &limit]).await?;
            let due = rows.iter().map(|row| DueTurn {
                due_ms: row.get(2),
                turn: TurnKey { account: row.get(0), origin: row.get(1) },
            });
            Ok(due.collect())
        })
        .await
    }

    async fn count_open(&self, queue: Queue, at_most: usize) -> Result<usize, StoreError> {
        let at_most = i64::try_from(at_most).unwrap_or(i64::MAX);
        self.again(async || {
            let (client, _under_way) = self.client().await?;
            let statement = client.prepare_cached(&claims::count_open_sql(queue)).await?;
            let count: i64 = client.query_one(&statement, &[&at_most]).await?.get(0);
            Ok(usize::try_from(count).unwrap_or_default())
        })
        .await
    }

    async fn renew(
        &self,
        tokens: &[ClaimToken],
        lapses_in: Duration,
    ) -> Result<Vec<ClaimToken>, StoreError> {
        let lapses_in_ms = claims::lapses_in_ms(lapses_in);
        let mut lost = Vec::new();
        for queue in Queue::ALL {
            let of_queue = tokens.iter().filter(|token| token.queue == queue).copied();
            lost.extend(self.renew_of(queue, of_queue.collect(), lapses_in_ms).await?);
        }
        Ok(lost)
    }

    async fn release(&self, tokens: &[ClaimToken]) -> Result<(), StoreError> {
        for queue in Queue::ALL {
            let of_queue = tokens.iter().filter(|token| token.queue == queue).copied();
            let columns = claims::Tokens::of(&of_queue.collect::<Vec<_>>());
            if columns.numbers.is_empty() {
                continue;
            }
            self.again(async || {
                let (client, _under_way) = self.client().await?;
                let claims::Tokens { buckets, numbers, serials } = &columns;
                let node = self.node();
                let statement = client.prepare_cached(&claims::release_sql(queue)).await?;
                client.execute(&statement, &[buckets, numbers, serials, &node]).await?;
                Ok(())
            })
            .await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Outbox for PostgresStore {
    async fn claim_pushes(&self, request: &ClaimRequest<'_>) -> Result<Claimed<Push>, StoreError> {
        let serial = self.next_serial();
        self.again(async || {
            let (client, _under_way) = self.client().await?;
            pushes::claim(&client, request, serial, self.node()).await
        })
        .await
    }

    async fn complete_push(&self, report: PushReport) -> Result<Reported, CommitError> {
        self.report(Change::Report(report)).await
    }

    async fn replay(&self, id: &PushId, now_ms: i64) -> Result<Replayed, CommitError> {
        let replayed = self
            .again(async || {
                let (mut client, _under_way) = self.client().await?;
                let transaction = client.transaction().await?;
                let replayed = pushes::replay(&transaction, id, now_ms).await?;
                transaction.commit().await?;
                Ok(replayed)
            })
            .await?;
        Ok(replayed)
    }

    async fn remove_pushes(&self, ids: &[PushId], now_ms: i64) -> Result<(), CommitError> {
        let removed = self.again(async || {
            let (mut client, _under_way) = self.client().await?;
            let transaction = client.transaction().await?;
            for id in ids {
                pushes::remove(&transaction, id, now_ms).await?;
            }
            transaction.commit().await?;
            Ok(())
        });
        Ok(removed.await?)
    }

    async fn pushes(&self, query: &PushQuery) -> Result<Vec<ListedPush>, StoreError> {
        self.again(async || {
            let (mut client, _under_way) = self.client().await?;
            let snapshot = client.build_transaction().read_only(true);
            let transaction =
                snapshot.isolation_level(IsolationLevel::RepeatableRead).start().await?;
            let found = push_listing::list(&transaction, query).await?;
            transaction.commit().await?;
            Ok(found)
        })
        .await
    }
}

#[async_trait]
impl Jobs for PostgresStore {
    async fn claim_jobs(
        &self,
        queue: Queue,
        request: &ClaimRequest<'_>,
    ) -> Result<Claimed<Job>, StoreError> {
        let serial = self.next_serial();
        self.again(async || {
            let (client, _under_way) = self.client().await?;
            jobs::claim(&client, queue, request, serial, self.node()).await
        })
        .await
    }

    async fn fail_job(&self, failure: JobFailure) -> Result<Reported, StoreError> {
        self.report(Change::Fail(failure)).await.map_err(|error| match error {
            CommitError::Store(error) => error,
            CommitError::Conflict(_) => StoreError::Refused(error.to_string()),
        })
    }

    async fn run_again(&self, number: i64, now_ms: i64) -> Result<Option<bool>, StoreError> {
        self.again(async || {
            let (client, _under_way) = self.client().await?;
            jobs::run_again(&client, number, now_ms).await
        })
        .await
    }

    async fn jobs(&self, query: &JobQuery) -> Result<Vec<Job>, StoreError> {
        self.again(async || {
            let (client, _under_way) = self.client().await?;
            jobs::list(&client, query).await
        })
        .await
    }
}
