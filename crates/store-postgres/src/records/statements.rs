//! The statements that read and save one record.
//!
//! A version is the database clock's microsecond, or one more than the version before if that is larger. The row of a
//! removed record stays for a day with its version and no body, so whoever creates the record again goes on
//! from there: no clock, however wrong, gives a record a version that it had before.

use crate::bucket::bucket;
use kaipiao_ports::record::{Body, Expect, Field, Index, Key, Kind, Save, Stored, Version};
use std::collections::HashMap;
use std::sync::LazyLock;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

/// Microseconds of the database's clock when the statement arrived, which a distributed engine can fix for the whole of
/// it. Nothing reads them as a time of the domain.
pub(crate) const STAMP: &str = "(extract(epoch FROM statement_timestamp()) * 1000000)::bigint";

/// How long a removed record's version is remembered, in milliseconds.
pub(crate) const GONE_FOR_MS: i64 = 86_400_000;

/// What a save's statement depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Verb {
    CreateAbsent,
    Replace,
    ReplaceVersion,
    RequireAbsent,
    Remove,
    RemoveVersion,
}

impl Verb {
    pub(crate) const ALL: [Self; 6] = [
        Self::CreateAbsent,
        Self::Replace,
        Self::ReplaceVersion,
        Self::RequireAbsent,
        Self::Remove,
        Self::RemoveVersion,
    ];

    fn of(save: &Save) -> Self {
        match (save.expect, &save.body) {
            (Expect::Absent, Some(_)) => Self::CreateAbsent,
            (Expect::Any, Some(_)) => Self::Replace,
            (Expect::Version(_), Some(_)) => Self::ReplaceVersion,
            (Expect::Absent, None) => Self::RequireAbsent,
            (Expect::Any, None) => Self::Remove,
            (Expect::Version(_), None) => Self::RemoveVersion,
        }
    }
}

static SAVES: LazyLock<HashMap<(Kind, Verb), String>> = LazyLock::new(|| {
    let verbs = |kind| Verb::ALL.map(|verb| ((kind, verb), save_sql(kind, verb)));
    Kind::ALL.into_iter().flat_map(verbs).collect()
});

static READS: LazyLock<HashMap<Kind, String>> = LazyLock::new(|| {
    let sql = |kind: Kind| {
        let table = kind.table();
        format!("SELECT version, body FROM {table} WHERE bucket = $1 AND owner = $2 AND id = $3")
    };
    Kind::ALL.into_iter().map(|kind| (kind, sql(kind))).collect()
});

/// The statement that reads a record, or what its removal has left.
pub(crate) fn read_sql(kind: Kind) -> &'static str {
    &READS[&kind]
}

/// A kind's stored number; None: it is listed by its key and time alone.
pub(crate) const fn kind_number(kind: Kind) -> Option<i16> {
    match kind {
        Kind::Order => Some(1),
        Kind::InvoiceRequest => Some(2),
        Kind::Payment => Some(3),
        Kind::InsertedInvoice => Some(4),
        _ => None,
    }
}

/// A value as `terms` and `search` have it.
pub(crate) fn term(field: Field, value: &str) -> String {
    format!("{}={value}", field.number())
}

/// What a search finds a record by, each once.
pub(crate) fn terms(index: &Index) -> Vec<String> {
    let mut terms: Vec<_> = index.fields.iter().map(|(field, value)| term(*field, value)).collect();
    terms.sort();
    terms.dedup();
    terms
}

/// The statement of a save. It answers one row with the new version if the expectation held, and none otherwise.
fn save_sql(kind: Kind, verb: Verb) -> String {
    let table = kind.table();
    let key = "r.bucket = $1 AND r.owner = $2 AND r.id = $3";
    let next = format!("GREATEST(r.version + 1, {STAMP})");
    let mut names = vec!["body"];
    if kind.can_expire() {
        names.push("unused_since_ms");
    }
    if kind.has_time() {
        // A record's time stays what its first save said.
        if verb != Verb::ReplaceVersion {
            names.push("time_ms");
        }
        names.push("terms");
    }
    let places = 4..4 + names.len();
    let columns: Vec<_> = names.into_iter().zip(places.map(|place| format!("${place}"))).collect();
    let saved = match verb {
        Verb::CreateAbsent | Verb::Replace => {
            let names: String = columns.iter().map(|(name, _)| format!(", {name}")).collect();
            let values: String = columns.iter().map(|(_, value)| format!(", {value}")).collect();
            let set: String = columns.iter().map(|(name, _)| replaced(name)).collect();
            let only = if verb == Verb::CreateAbsent { " WHERE r.body IS NULL" } else { "" };
            format!(
                "INSERT INTO {table} AS r (bucket, owner, id, version{names}) \
                 VALUES ($1, $2, $3, {STAMP}{values}) ON CONFLICT (bucket, owner, id) \
                 DO UPDATE SET version = GREATEST(r.version + 1, excluded.version), \
                 gone_ms = NULL{set}{only} RETURNING version"
            )
        }
        Verb::ReplaceVersion => {
            let set = columns.iter().map(|(name, value)| format!(", {name} = {value}"));
            let set: String = set.collect();
            let version = columns.len() + 4;
            format!(
                "UPDATE {table} r SET version = {next}{set} \
                 WHERE {key} AND r.version = ${version} AND r.body IS NOT NULL RETURNING version"
            )
        }
        Verb::RequireAbsent => format!(
            "SELECT 0::bigint AS version WHERE NOT EXISTS \
             (SELECT FROM {table} r WHERE {key} AND r.body IS NOT NULL)"
        ),
        Verb::Remove | Verb::RemoveVersion => {
            let condition = if verb == Verb::RemoveVersion { " AND r.version = $4" } else { "" };
            format!(
                "UPDATE {table} r SET version = {next}{} \
                 WHERE {key}{condition} AND r.body IS NOT NULL RETURNING version",
                removed(kind)
            )
        }
    };
    match (kind_number(kind), verb) {
        (None, _) | (_, Verb::RequireAbsent) => saved,
        (Some(number), _) => noting(&saved, table, number, verb, columns.len() + 3),
    }
}

/// What a save over an existing row sets.
fn replaced(name: &str) -> String {
    match name {
        "time_ms" => {
            ", time_ms = CASE WHEN r.body IS NULL THEN excluded.time_ms ELSE r.time_ms END".into()
        }
        name => format!(", {name} = excluded.{name}"),
    }
}

/// What a removal sets besides the version.
pub(crate) fn removed(kind: Kind) -> String {
    let mut set = format!(", body = NULL, gone_ms = {STAMP} / 1000");
    if kind.can_expire() {
        set.push_str(", unused_since_ms = NULL");
    }
    if kind.has_time() {
        set.push_str(", terms = '{}'");
    }
    set
}

/// A save that also notes that its record is to be searched by other terms. One that names no version may run beside
/// another of the same record, so it notes whatever it finds. One that creates finds no terms.
fn noting(saved: &str, table: &str, kind: i16, verb: Verb, terms: usize) -> String {
    let differs = "IS DISTINCT FROM COALESCE((SELECT terms FROM before), '{}'::text[])";
    let has_changed = match verb {
        Verb::CreateAbsent => format!("${terms} <> '{{}}'::text[]"),
        Verb::ReplaceVersion => format!("${terms} {differs}"),
        Verb::RemoveVersion => format!("'{{}}'::text[] {differs}"),
        Verb::Replace | Verb::Remove | Verb::RequireAbsent => "true".to_owned(),
    };
    let before = match verb {
        Verb::ReplaceVersion | Verb::RemoveVersion => format!(
            "before AS (SELECT terms FROM {table} WHERE bucket = $1 AND owner = $2 AND id = $3), "
        ),
        _ => String::new(),
    };
    format!(
        "WITH {before}saved AS ({saved}), \
         noted AS (INSERT INTO unindexed (bucket, kind, owner, id) \
         SELECT $1, {kind}, $2, $3 FROM saved WHERE {has_changed}) \
         SELECT version FROM saved"
    )
}

/// A save's statement with its values.
pub(crate) struct SaveStatement<'a> {
    pub(crate) save: &'a Save,
    verb: Verb,
    bucket: i16,
    body: Option<&'a str>,
    version: Version,
    terms: Vec<String>,
}

impl<'a> SaveStatement<'a> {
    pub(crate) fn new(save: &'a Save) -> Self {
        let version = match save.expect {
            Expect::Version(version) => version,
            Expect::Absent | Expect::Any => 0,
        };
        Self {
            save,
            verb: Verb::of(save),
            bucket: bucket(&save.key.owner),
            body: save.body.as_ref().map(Body::text),
            version,
            terms: terms(&save.index),
        }
    }

    pub(crate) fn sql(&self) -> &'static str {
        Self::sql_of(self.save.key.kind, self.verb)
    }

    pub(crate) fn sql_of(kind: Kind, verb: Verb) -> &'static str {
        &SAVES[&(kind, verb)]
    }

    pub(crate) fn values(&self) -> Vec<&(dyn ToSql + Sync)> {
        let Key { kind, owner, id } = &self.save.key;
        let mut values: Vec<&(dyn ToSql + Sync)> = vec![&self.bucket, owner, id];
        let saves = matches!(self.verb, Verb::CreateAbsent | Verb::Replace | Verb::ReplaceVersion);
        if saves {
            values.push(&self.body);
            if kind.can_expire() {
                values.push(&self.save.index.unused_since_ms);
            }
            if kind.has_time() {
                if self.verb != Verb::ReplaceVersion {
                    values.push(&self.save.index.time_ms);
                }
                values.push(&self.terms);
            }
        }
        if matches!(self.verb, Verb::ReplaceVersion | Verb::RemoveVersion) {
            values.push(&self.version);
        }
        values
    }

    /// The record's version, if it was saved or removed; None: the expectation does not hold.
    pub(crate) fn outcome(&self, rows: &[Row]) -> Option<Version> {
        match rows.first() {
            Some(row) => Some(row.get(0)),
            // What is removed whatever stands there may be absent.
            None => (self.verb == Verb::Remove).then_some(0),
        }
    }

    /// The record after its save; None: it is removed.
    pub(crate) fn stored(&self, version: Version) -> Option<Stored> {
        let body = self.save.body.clone()?;
        Some(Stored { key: self.save.key.clone(), version, body })
    }
}

/// A record of a read: its version, and its body unless it is gone.
pub(crate) fn read_row(key: &Key, row: &Row) -> (Version, Option<Stored>) {
    let (version, body): (Version, Option<String>) = (row.get(0), row.get(1));
    let stored = body.map(|body| Stored { key: key.clone(), version, body: Body::new(body) });
    (version, stored)
}
