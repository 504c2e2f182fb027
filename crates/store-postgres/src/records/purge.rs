//! What may be forgotten of the records.

use super::statements::{GONE_FOR_MS, STAMP, kind_number, removed};
use crate::errors::DbError;
use deadpool_postgres::Transaction;
use kaipiao_ports::record::Kind;

pub(crate) fn unused_sql(kind: Kind) -> String {
    let (table, set) = (kind.table(), removed(kind));
    let purged = format!(
        "UPDATE {table} r SET version = GREATEST(r.version + 1, {STAMP}){set} \
         WHERE (r.bucket, r.owner, r.id) IN (SELECT bucket, owner, id FROM {table} \
         WHERE unused_since_ms < $1 ORDER BY unused_since_ms LIMIT $2 FOR UPDATE SKIP LOCKED) \
         RETURNING r.bucket, r.owner, r.id"
    );
    let note = kind_number(kind).map_or(String::new(), |number| {
        format!(
            ", noted AS (INSERT INTO unindexed (bucket, kind, owner, id) \
             SELECT bucket, {number}, owner, id FROM purged)"
        )
    });
    format!("WITH purged AS ({purged}){note} SELECT count(*) FROM purged")
}

/// Removes records that have been unused since before this moment, `limit` of them at most.
pub(crate) async fn unused(
    transaction: &Transaction<'_>,
    kind: Kind,
    before_ms: i64,
    limit: usize,
) -> Result<usize, DbError> {
    let statement = transaction.prepare_cached(&unused_sql(kind)).await?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let count: i64 = transaction.query_one(&statement, &[&before_ms, &limit]).await?.get(0);
    Ok(usize::try_from(count).unwrap_or(0))
}

/// Kinds whose removed records are many enough to be swept, by an index of their own.
pub(crate) const SWEPT: [Kind; 7] = [
    Kind::Order,
    Kind::EndedSession,
    Kind::Message,
    Kind::BookEntry,
    Kind::Payment,
    Kind::PaymentAlias,
    Kind::PlatformPdf,
];

pub(crate) fn sweep_sql(kind: Kind) -> String {
    let table = kind.table();
    format!(
        "DELETE FROM {table} WHERE (bucket, owner, id) IN (SELECT bucket, owner, id FROM {table} \
         WHERE gone_ms < {STAMP} / 1000 - {GONE_FOR_MS} LIMIT $1 FOR UPDATE SKIP LOCKED)"
    )
}

/// Removes what removed records have left behind, once nobody can remember their versions.
pub(crate) async fn sweep(transaction: &Transaction<'_>, limit: usize) -> Result<(), DbError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    for kind in SWEPT {
        let statement = transaction.prepare_cached(&sweep_sql(kind)).await?;
        transaction.execute(&statement, &[&limit]).await?;
    }
    Ok(())
}
