//! What records are searched by, filled in the background: commits note records whose terms have changed
//! (`unindexed`), and the indexer brings `search` to how they stand now. Only one node does so at a time.

use super::statements::kind_number;
use crate::errors::DbError;
use deadpool_postgres::Transaction;
use kaipiao_ports::record::Kind;

/// Nodes take turns at this ("KPIX").
const LOCK: i64 = 0x4b50_4958;

pub(crate) const TRY_LOCK: &str = "SELECT pg_try_advisory_xact_lock($1)";

pub(crate) const TAKE: &str = "DELETE FROM unindexed WHERE ctid = ANY(ARRAY( \
     SELECT ctid FROM unindexed LIMIT $1)) RETURNING bucket, kind, owner, id";

/// What a kind's statements begin with: the records that were taken, as they stand now.
fn now(kind: Kind) -> String {
    let table = kind.table();
    format!(
        "WITH taken AS (SELECT DISTINCT * FROM unnest($1::smallint[], $2::text[], $3::text[]) \
         AS t (bucket, owner, id)), \
         now AS (SELECT r.bucket, r.owner, r.id, r.time_ms, term FROM taken \
         JOIN {table} r USING (bucket, owner, id), unnest(r.terms) AS term WHERE r.body IS NOT NULL)"
    )
}

pub(crate) fn drop_old_sql(kind: Kind) -> String {
    format!(
        "{} DELETE FROM search s USING taken t WHERE s.bucket = t.bucket AND s.kind = $4 \
         AND s.owner = t.owner AND s.id = t.id AND NOT EXISTS (SELECT FROM now n \
         WHERE n.bucket = s.bucket AND n.owner = s.owner AND n.id = s.id \
         AND n.term = s.term AND n.time_ms = s.time_ms)",
        now(kind)
    )
}

pub(crate) fn add_new_sql(kind: Kind) -> String {
    format!(
        "{} INSERT INTO search (bucket, kind, owner, id, term, time_ms) \
         SELECT bucket, $4, owner, id, term, time_ms FROM now ON CONFLICT DO NOTHING",
        now(kind)
    )
}

/// Makes changes findable, `limit` of them at most. Returns how many it were.
pub(crate) async fn index(transaction: &Transaction<'_>, limit: usize) -> Result<usize, DbError> {
    if !transaction.query_one(TRY_LOCK, &[&LOCK]).await?.get::<_, bool>(0) {
        return Ok(0);
    }
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let taken = transaction.prepare_cached(TAKE).await?;
    let taken = transaction.query(&taken, &[&limit]).await?;
    for kind in Kind::ALL {
        let Some(number) = kind_number(kind) else { continue };
        let of_kind = taken.iter().filter(|row| row.get::<_, i16>(1) == number);
        let (mut buckets, mut owners, mut ids) = (Vec::new(), Vec::new(), Vec::new());
        for row in of_kind {
            buckets.push(row.get::<_, i16>(0));
            owners.push(row.get::<_, String>(2));
            ids.push(row.get::<_, String>(3));
        }
        if ids.is_empty() {
            continue;
        }
        // Each has a snapshot of its own, which begins after what was taken was committed.
        for sql in [drop_old_sql(kind), add_new_sql(kind)] {
            let statement = transaction.prepare_cached(&sql).await?;
            transaction.execute(&statement, &[&buckets, &owners, &ids, &number]).await?;
        }
    }
    Ok(taken.len())
}
