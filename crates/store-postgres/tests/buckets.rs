//! Every key begins with the bucket, and a request's statements look into one: what partitioning and distribution rely on.

#![allow(clippy::unwrap_used, reason = "a schema that cannot be read should say where")]

mod literals;

use kaipiao_store_postgres::{Options, Path, PostgresStore, Statement, statements};
use kaipiao_testkit::postgres::Database;
use serde_json::Value;
use std::collections::BTreeSet;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, NoTls};

const SCHEMA: &str = concat!(
    include_str!("../migrations/0001_schema.sql"),
    include_str!("../migrations/0002_pay_merchants.sql"),
    include_str!("../migrations/0003_payments.sql"),
    include_str!("../migrations/0004_platform_files.sql"),
    include_str!("../migrations/0005_platform.sql"),
    include_str!("../migrations/0006_upload_tallies.sql"),
    include_str!("../migrations/0007_console_users.sql"),
    include_str!("../migrations/0008_classic_numbers.sql")
);

/// Tables that every database of a cluster would have whole.
const REFERENCE_TABLES: [&str; 2] = ["nodes", "schema_migrations"];

/// A bucket, and a number that carries it.
const BUCKET: i64 = 5;
const NUMBER: i64 = (1 << 20) + BUCKET;

async fn connect(database: &Database) -> Client {
    let (client, connection) = tokio_postgres::connect(&database.url(), NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// The tables that have buckets.
fn tables() -> impl Iterator<Item = &'static str> {
    let definitions = SCHEMA.split("CREATE TABLE ").skip(1);
    let names = definitions.map(|rest| rest.split_whitespace().next().unwrap());
    names.filter(|name| !REFERENCE_TABLES.contains(name))
}

/// What docs/scaling.md says to run, which partitions every table by its buckets.
fn partitioning() -> &'static str {
    let page = include_str!("../../../docs/scaling.md");
    let block = page.split("```sql\n").find(|block| block.starts_with("DO $$")).unwrap();
    block.split_once("```").unwrap().0
}

/// A new database with a store's schema.
async fn database() -> Database {
    let database = Database::new().await;
    let store = PostgresStore::open(Options::new(database.url())).await.unwrap();
    store.close().await;
    database
}

fn literal(kind: &Type) -> String {
    match *kind {
        Type::INT2 => format!("{BUCKET}"),
        Type::INT4 => "1".into(),
        Type::INT8 => format!("{NUMBER}"),
        Type::TEXT => "'text'".into(),
        Type::BYTEA => "''::bytea".into(),
        Type::INT2_ARRAY => format!("'{{{BUCKET}}}'"),
        Type::INT8_ARRAY => format!("'{{{NUMBER}}}'"),
        Type::TEXT_ARRAY => "'{text}'".into(),
        Type::TIMESTAMPTZ => "'2026-11-27'".into(),
        _ => panic!("no value of type {kind}"),
    }
}

/// The plan that the statement gets for these very values, as it gets in its first executions.
async fn plan(client: &Client, statement: &Statement) -> Value {
    let prepared = client.prepare(&statement.sql).await;
    let prepared = prepared.unwrap_or_else(|error| panic!("{}: {error:?}", statement.name));
    let values: Vec<_> = prepared.params().iter().map(literal).collect();
    let values = match values.is_empty() {
        true => String::new(),
        false => format!("({})", values.join(", ")),
    };
    client.batch_execute(&format!("PREPARE one AS {}", statement.sql)).await.unwrap();
    let explain = format!("EXPLAIN (FORMAT JSON, COSTS OFF, VERBOSE) EXECUTE one{values}");
    let row = client.query_one(&explain, &[]).await.unwrap();
    client.batch_execute("DEALLOCATE one").await.unwrap();
    let Value::Array(plans) = row.get::<_, Value>(0) else { panic!("one plan") };
    plans[0]["Plan"].clone()
}

/// Partitions that a plan looks into, and tables to which it adds rows of the bucket.
#[derive(Default)]
struct Touched {
    partitions: BTreeSet<String>,
    added_to: BTreeSet<String>,
}

impl Touched {
    fn by(plan: &Value) -> Self {
        let mut touched = Self::default();
        touched.visit(plan);
        touched
    }

    fn visit(&mut self, node: &Value) {
        let children = node["Plans"].as_array().map_or(&[][..], Vec::as_slice);
        match node["Relation Name"].as_str() {
            Some(table) if node["Operation"] == "Insert" => {
                // The row goes where its bucket says.
                assert_eq!(
                    first_column(node),
                    format!("'{BUCKET}'::smallint"),
                    "the bucket of a row"
                );
                self.added_to.insert(table.to_owned());
            }
            Some(name) => _ = self.partitions.insert(name.to_owned()),
            None => {}
        }
        children.iter().for_each(|child| self.visit(child));
    }

    /// Partitions of this table, not the table itself as what an UPDATE names.
    fn partitions_of(&self, table: &str) -> usize {
        let of_table = |name: &&String| {
            let nth = name.strip_prefix(table).and_then(|rest| rest.strip_prefix("_p"));
            nth.is_some_and(|nth| nth.parse::<usize>().is_ok())
        };
        self.partitions.iter().filter(of_table).count()
    }
}

/// What an INSERT's first column gets.
fn first_column(node: &Value) -> &str {
    let mut rows = node["Plans"].as_array().unwrap().iter();
    let is_source = |child: &&Value| {
        ["Outer", "Subquery"].iter().any(|way| child["Parent Relationship"] == *way)
    };
    let source = rows.rfind(is_source).unwrap();
    match source["Output"][0].as_str().unwrap() {
        passed_on if passed_on.starts_with("\"*SELECT*\"") => first_column(source),
        first => first,
    }
}

#[tokio::test]
async fn a_request_looks_into_one_partition_of_each_table() {
    let database = database().await;
    database.execute(partitioning()).await;
    let client = connect(&database).await;
    client.batch_execute("SET plan_cache_mode = force_custom_plan").await.unwrap();
    let mut of_requests = 0;
    for statement in statements() {
        let plan = plan(&client, &statement).await;
        if statement.path == Path::Beside {
            continue;
        }
        of_requests += 1;
        let touched = Touched::by(&plan);
        let words: BTreeSet<_> =
            statement.sql.split(|c: char| !c.is_ascii_lowercase() && c != '_').collect();
        for table in tables().filter(|table| words.contains(table)) {
            let count = touched.partitions_of(table);
            let is_added_to = touched.added_to.contains(table);
            // A page behind another owner's records needs no look.
            let is_empty = plan.to_string().contains(r#""One-Time Filter":"false""#);
            assert!(
                count == 1 || count == 0 && (is_added_to || is_empty),
                "{} looks into {count} partitions of {table}: {plan:#}",
                statement.name
            );
        }
    }
    // A walk through a table reads on where its page begins, whatever the table's size.
    client.batch_execute("SET enable_sort = off; SET enable_seqscan = off").await.unwrap();
    for walk in statements().into_iter().filter(|statement| statement.name.contains(" by All ")) {
        let plan = plan(&client, &walk).await.to_string();
        assert!(!plan.contains("\"Sort\""), "{}: {plan}", walk.name);
    }
    let page = include_str!("../../../docs/scaling.md");
    let promise = format!("each of the {of_requests} statements");
    assert!(of_requests > 300 && page.contains(&promise), "docs/scaling.md says not: {promise}");
}

/// Statements that read and write no data, and have no plan.
const WITHOUT_DATA: &[&str] = &[
    "SET LOCAL statement_timeout = 0",
    "SET default_transaction_read_only = on",
    "LOCK TABLE nodes IN SHARE MODE",
];

#[test]
fn no_statement_of_the_sources_is_missing_in_the_list() {
    let listed: Vec<_> = statements().into_iter().map(|statement| statement.sql).collect();
    let verbs = [
        "SELECT ",
        "INSERT INTO ",
        "UPDATE ",
        "DELETE FROM ",
        "TRUNCATE ",
        "COPY ",
        "LOCK ",
        "MERGE ",
    ];
    let mut found = 0;
    for literal in literals::of_sources() {
        let is_statement = verbs.iter().any(|verb| literal.contains(verb));
        if !is_statement || WITHOUT_DATA.contains(&&*literal) {
            continue;
        }
        found += 1;
        let is_listed = listed.iter().any(|sql| literals::is_part(&literal, sql));
        assert!(is_listed, "src/statements.rs lists no statement with {literal:?}");
    }
    assert!(found > 40, "only {found} statements were found in the sources");
}

#[tokio::test]
async fn every_unique_key_begins_with_the_bucket_and_nothing_is_shared_by_all() {
    let database = database().await;
    let client = connect(&database).await;
    let keys = "SELECT t.relname, c.relname, a.attname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
         JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace \
         JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[0] \
         WHERE n.nspname = 'public' AND i.indisunique";
    let rows = client.query(keys, &[]).await.unwrap();
    let mut keyed = 0;
    for row in rows {
        let (table, key, first): (String, String, String) = (row.get(0), row.get(1), row.get(2));
        if !REFERENCE_TABLES.contains(&&*table) {
            assert_eq!(first, "bucket", "{key} of {table}");
            keyed += 1;
        }
    }
    assert!(keyed > 20, "{keyed}");
    let without = "SELECT t.relname FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace \
         WHERE n.nspname = 'public' AND t.relkind IN ('r', 'p') AND NOT EXISTS (SELECT FROM pg_attribute a \
         WHERE a.attrelid = t.oid AND a.attnum = 1 AND a.attname = 'bucket' AND a.attnotnull) ORDER BY 1";
    let rows = client.query(without, &[]).await.unwrap();
    let reference: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(reference, REFERENCE_TABLES, "tables without a bucket");
    for shared in [
        "SELECT conname::text FROM pg_constraint WHERE contype = 'f'",
        "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname = 'public' AND c.relkind = 'S'",
        "SELECT tgname::text FROM pg_trigger WHERE NOT tgisinternal",
    ] {
        let rows = client.query(shared, &[]).await.unwrap();
        let names: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        assert_eq!(names, [""; 0], "{shared}");
    }
}
