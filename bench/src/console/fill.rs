//! Fills a store's file: by statements of its own, a large transaction at a time and without waiting for the disk, since the
//! server's way (a commit and an entry of the index at a time, each on disk) would take an hour. What a body says
//! and what finds it come from the records' own code.

use super::records::Maker;
use super::volume::{Ended, JOBS, LARGEST, Sent, Volume, appid, order_id, serial};
use kaipiao_ports::record::{Expect, Kind, Save};
use kaipiao_records::authorization::order::order_key;
use kaipiao_records::invoicing::invoice_request::request_key;
use kaipiao_records::payment::payments::payment_key;
use kaipiao_records::record::save;
use rusqlite::{Connection, Transaction, params};
use std::path::Path;
use std::time::Instant;

/// Orders of one transaction: bounds what waits in memory to be sorted.
const PORTION: u64 = 100_000;
/// Pages that SQLite keeps meanwhile, in KiB: the search is written all over.
const CACHE_KIB: i64 = 1024 * 1024;
/// When pushes and jobs that are left open are due, after the last order.
const DUE_MS: i64 = 30 * 86_400_000;

/// An entry of the search: kind, owner, field, value, time, id.
type Found = (i64, String, i64, String, i64, String);

/// Fills the database that a server has made. Returns how many records and pushes it has.
pub(crate) fn fill(database: &Path, maker: &Maker) -> rusqlite::Result<u64> {
    let mut connection = Connection::open(database)?;
    connection.pragma_update(None, "journal_mode", "OFF")?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.set_prepared_statement_cache_capacity(32);
    let volume = &maker.volume;
    let started = Instant::now();
    let mut numbers = Numbers::read(&connection)?;
    let mut rows = 0;
    for from in volume.all().step_by(usize::try_from(PORTION).expect("it fits")) {
        let transaction = connection.transaction()?;
        let to = volume.orders.min(from + PORTION);
        let mut portion = Portion { maker, transaction: &transaction, found: Vec::new(), rows: 0 };
        for order in from..to {
            portion.order(order, &mut numbers)?;
        }
        portion.search()?;
        rows += portion.rows;
        transaction.commit()?;
        let seconds = started.elapsed().as_secs_f64();
        eprint!("\r{rows} rows, {:.0} a second   ", rows as f64 / seconds);
    }
    eprintln!();
    let transaction = connection.transaction()?;
    fill_jobs(&transaction, volume)?;
    numbers.write(&transaction)?;
    transaction.commit()?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    Ok(rows)
}

/// What is given out: as far as the store has come.
struct Numbers {
    version: i64,
    push: i64,
}

impl Numbers {
    fn read(connection: &Connection) -> rusqlite::Result<Self> {
        let number = |sql: &str| connection.query_row(sql, [], |row| row.get(0));
        Ok(Self {
            version: number(
                "SELECT coalesce(max(next), 1) FROM sequences WHERE name = 'versions'",
            )?,
            push: number("SELECT coalesce(max(number), 0) + 1 FROM pushes")?,
        })
    }

    /// All is found by the search already.
    fn write(&self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        let mut write = transaction.prepare(
            "INSERT INTO sequences (name, next) VALUES (?1, ?2) \
             ON CONFLICT DO UPDATE SET next = excluded.next",
        )?;
        for kind in [Kind::Order, Kind::InvoiceRequest, Kind::Payment] {
            write.execute(params![format!("{}_indexed", kind.table()), self.version])?;
        }
        write.execute(params!["versions", self.version])?;
        write.execute(params!["pushes_indexed", self.push])?;
        write.execute(params!["jobs", i64::try_from(JOBS).expect("it fits") + 1])?;
        Ok(())
    }
}

/// What one transaction writes.
struct Portion<'a> {
    maker: &'a Maker,
    transaction: &'a Transaction<'a>,
    found: Vec<Found>,
    rows: u64,
}

impl Portion<'_> {
    /// An order and all that follows from it.
    fn order(&mut self, order: u64, numbers: &mut Numbers) -> rusqlite::Result<()> {
        let volume = &self.maker.volume;
        let value = self.maker.order(order);
        self.record(1, &save(order_key(&value.key()), Expect::Absent, &value), numbers)?;
        let ended = volume.ended(order);
        if volume.is_paid(order) {
            let value = self.maker.payment(order);
            let key = payment_key(&value.mchid, &value.out_trade_no);
            self.record(3, &save(key, Expect::Absent, &value), numbers)?;
        }
        if matches!(ended, Ended::Authorized | Ended::Rejected) {
            self.push(order, 0, "user_authorize_invoice", numbers)?;
        }
        if ended == Ended::Authorized {
            let value = self.maker.invoice(order);
            let key = request_key(&value.merchant, &value.serial);
            self.record(2, &save(key, Expect::Absent, &value), numbers)?;
            self.push(order, 1, "cloud_invoice_invoiceresult_event", numbers)?;
        }
        Ok(())
    }

    fn record(&mut self, kind: i64, save: &Save, numbers: &mut Numbers) -> rusqlite::Result<()> {
        let Save { key, body, index, .. } = save;
        let fields: Vec<_> =
            index.fields.iter().map(|(field, value)| (field.number(), value)).collect();
        let fields = serde_json::to_string(&fields).expect("numbers and texts are JSON");
        let body = body.as_ref().map_or("", |body| body.text());
        let (table, seq) = (key.kind.table(), numbers.version);
        numbers.version += 1;
        if key.kind.can_expire() {
            let sql = format!(
                "INSERT INTO {table} (seq, owner, id, version, time_ms, fields, body, unused_since_ms) \
                 VALUES (?1, ?2, ?3, ?1, ?4, ?5, ?6, ?7)"
            );
            let values =
                params![seq, key.owner, key.id, index.time_ms, fields, body, index.unused_since_ms];
            self.transaction.prepare_cached(&sql)?.execute(values)?;
        } else {
            let sql = format!(
                "INSERT INTO {table} (seq, owner, id, version, time_ms, fields, body) \
                 VALUES (?1, ?2, ?3, ?1, ?4, ?5, ?6)"
            );
            let values = params![seq, key.owner, key.id, index.time_ms, fields, body];
            self.transaction.prepare_cached(&sql)?.execute(values)?;
        }
        let every = core::iter::once((0, String::new()));
        let named = index.fields.iter().map(|(field, value)| (field.number(), value.clone()));
        self.found.extend(every.chain(named).map(|(field, value)| {
            (kind, key.owner.clone(), field, value, index.time_ms, key.id.clone())
        }));
        self.rows += 1;
        Ok(())
    }

    /// What finds the portion's records, in the order of the search's tree.
    fn search(&mut self) -> rusqlite::Result<()> {
        self.found.sort_unstable();
        let mut insert = self.transaction.prepare_cached(
            "INSERT INTO search (kind, owner, field, value, time_ms, id) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        for (kind, owner, field, value, time_ms, id) in self.found.drain(..) {
            insert.execute(params![kind, owner, field, value, time_ms, id])?;
        }
        Ok(())
    }

    /// A push with its attempts, and what finds it. Its body is left out.
    fn push(
        &mut self,
        order: u64,
        place: u64,
        event: &str,
        numbers: &mut Numbers,
    ) -> rusqlite::Result<()> {
        let volume = &self.maker.volume;
        let account = appid(volume.merchant(order));
        let (number, key) = (numbers.push, order_id(order));
        numbers.push += 1;
        let committed_ms =
            volume.time_ms(order) + 20_000 + 40_000 * i64::try_from(place).expect("it is 0 or 1");
        let course = Course::of(volume, volume.sent(order, place), committed_ms);
        let first = course.first.map(|status| Attempt { started_ms: committed_ms, status });
        self.transaction
            .prepare_cached(
                "INSERT INTO pushes (number, account, url, origin, kind, ordering_key, openid, event, \
                 create_time_s, body, committed_ms, state, due_ms, completed_ms, tries, attempts, \
                 first_started_ms, first_took_ms, first_status, first_problem, first_excerpt) \
                 VALUES (?1, ?2, NULL, '', 'event', ?3, ?4, ?5, ?6, '', ?7, ?8, ?9, ?10, ?11, ?11, \
                 ?12, ?13, ?14, ?15, ?16)",
            )?
            .execute(params![
                number,
                account,
                key,
                self.maker.openid(order).as_str(),
                event,
                committed_ms / 1_000,
                committed_ms,
                course.state,
                course.due_ms,
                course.completed_ms,
                course.attempts,
                first.as_ref().map(|first| first.started_ms),
                first.as_ref().map(|_| 12),
                first.as_ref().and_then(|first| first.status),
                first.as_ref().map(Attempt::problem),
                first.as_ref().map(Attempt::excerpt),
            ])?;
        for attempt in 2..=course.attempts {
            let started_ms = committed_ms + 2_000 * attempt;
            let made = Attempt { started_ms, status: course.last };
            self.transaction
                .prepare_cached(
                    "INSERT INTO push_attempts \
                     (number, attempt, started_ms, took_ms, status, problem, excerpt) \
                     VALUES (?1, ?2, ?3, 12, ?4, ?5, ?6)",
                )?
                .execute(params![
                    number,
                    attempt,
                    started_ms,
                    made.status,
                    made.problem(),
                    made.excerpt()
                ])?;
        }
        self.transaction
            .prepare_cached("INSERT INTO push_accounts (account, number) VALUES (?1, ?2)")?
            .execute(params![account, number])?;
        self.transaction
            .prepare_cached(
                "INSERT INTO push_keys (ordering_key, account, number) VALUES (?1, ?2, ?3)",
            )?
            .execute(params![key, account, number])?;
        self.rows += 1;
        Ok(())
    }
}

/// An attempt, by what the receiver answered; None: nothing.
struct Attempt {
    started_ms: i64,
    status: Option<u16>,
}

impl Attempt {
    fn problem(&self) -> &'static str {
        if self.status.is_none() { "connection refused" } else { "" }
    }

    fn excerpt(&self) -> &'static str {
        if self.status.is_none() { "" } else { "success" }
    }
}

/// A push's attempts, and where they have led.
struct Course {
    state: i64,
    due_ms: i64,
    completed_ms: i64,
    attempts: i64,
    /// What the first attempt was answered; None: there was none.
    first: Option<Option<u16>>,
    last: Option<u16>,
}

impl Course {
    fn of(volume: &Volume, sent: Sent, committed_ms: i64) -> Self {
        let over = |state, attempts, first, last| Self {
            state,
            due_ms: 0,
            completed_ms: committed_ms + 10_000,
            attempts,
            first,
            last,
        };
        match sent {
            Sent::Delivered => over(2, 1, Some(Some(200)), Some(200)),
            Sent::DeliveredAtLast => over(2, 2, Some(None), Some(200)),
            Sent::GaveUp => over(3, 4, Some(None), None),
            Sent::Unroutable => over(4, 0, None, None),
            Sent::Open => Self {
                state: 0,
                due_ms: volume.ends_ms() + DUE_MS,
                completed_ms: 0,
                ..over(0, 1, Some(None), None)
            },
        }
    }
}

/// Jobs of the largest merchant's invoices: every other one was set aside, the others are due long after the run.
fn fill_jobs(transaction: &Transaction<'_>, volume: &Volume) -> rusqlite::Result<()> {
    let mut insert = transaction.prepare(
        "INSERT INTO jobs (number, queue, account, name, due_ms, failed_ms, attempts, last_error) \
         VALUES (?1, 'issue', ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for job in 0..JOBS {
        let number = i64::try_from(job).expect("it fits") + 1;
        let failed = job % 2 == 0;
        let failed_ms = failed.then(|| volume.time_ms(job % volume.orders));
        let (tries, error) = if failed { (9, "the issuer is away") } else { (0, "") };
        let due_ms = failed_ms.unwrap_or_else(|| volume.ends_ms() + DUE_MS);
        let name = serial(volume.invoiced_order(LARGEST, job));
        // Two samples may meet at one invoice, and a queue has one job of a name.
        let name = format!("{name}-{job}");
        insert.execute(params![number, appid(LARGEST), name, due_ms, failed_ms, tries, error])?;
    }
    Ok(())
}
