-- Records: one table per kind (kaipiao_ports::record::Kind). The key begins with the owner, so that
-- one account's rows lie together; bodies are JSON text, readable with SQLite's own JSON functions.
-- Versions come from one sequence, so that a removed record's never comes again.
CREATE TABLE accounts         (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
CREATE TABLE contacts         (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
CREATE TABLE page_fields      (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
CREATE TABLE callbacks        (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
CREATE TABLE token_families   (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
CREATE TABLE taxpayers        (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
CREATE TABLE number_ranges    (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
CREATE TABLE number_codes     (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
CREATE TABLE number_gaps      (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
CREATE TABLE orders           (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, time_ms INTEGER NOT NULL, unused_since_ms INTEGER, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
CREATE TABLE invoice_requests (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, time_ms INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
CREATE TABLE invoice_contents (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
CREATE TABLE invoice_numbers  (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
CREATE TABLE users            (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
CREATE TABLE book_entries     (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
CREATE TABLE messages         (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, unused_since_ms INTEGER, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
CREATE TABLE cards            (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
CREATE TABLE card_codes       (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
CREATE TABLE server           (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
-- Listings by time, and what a purge looks for. Times are the domain's milliseconds.
CREATE INDEX orders_time ON orders (owner, time_ms, id);
CREATE INDEX invoice_requests_time ON invoice_requests (owner, time_ms, id);
CREATE INDEX orders_unused ON orders (unused_since_ms) WHERE unused_since_ms IS NOT NULL;
CREATE INDEX messages_unused ON messages (unused_since_ms) WHERE unused_since_ms IS NOT NULL;

-- What is searched by besides key and time is filled in the background: each commit only appends to
-- `unindexed`, in the order of the changes. `indexed` holds what `search` says of a record, so that a
-- value that has changed is taken out again.
CREATE TABLE unindexed (
  seq     INTEGER PRIMARY KEY,
  kind    INTEGER NOT NULL,
  owner   TEXT    NOT NULL,
  id      TEXT    NOT NULL,
  fields  TEXT    NOT NULL
) STRICT;
CREATE TABLE indexed (
  kind    INTEGER NOT NULL,
  owner   TEXT    NOT NULL,
  id      TEXT    NOT NULL,
  time_ms INTEGER NOT NULL,
  fields  TEXT    NOT NULL,
  PRIMARY KEY (kind, owner, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE search (
  kind    INTEGER NOT NULL,
  owner   TEXT    NOT NULL,
  field   INTEGER NOT NULL,
  value   TEXT    NOT NULL,
  time_ms INTEGER NOT NULL,
  id      TEXT    NOT NULL,
  PRIMARY KEY (kind, owner, field, value, time_ms, id)
) STRICT, WITHOUT ROWID;

-- The outbox (kaipiao_ports::delivery::outbox). state: 0 open, 2 delivered, 3 gave up, 4 unroutable. Of the
-- open ones of an account and ordering_key the first is ready. The first attempt stands in the row,
-- further ones (number 2 and up) in push_attempts.
CREATE TABLE pushes (
  number           INTEGER PRIMARY KEY,
  account          TEXT    NOT NULL,
  url              TEXT,
  origin           TEXT    NOT NULL,
  kind             TEXT    NOT NULL,
  ordering_key     TEXT    NOT NULL,
  openid           TEXT    NOT NULL,
  event            TEXT    NOT NULL,
  create_time_s    INTEGER NOT NULL,
  body             TEXT    NOT NULL,
  committed_ms     INTEGER NOT NULL,
  state            INTEGER NOT NULL,
  due_ms           INTEGER NOT NULL,
  completed_ms     INTEGER NOT NULL,
  tries            INTEGER NOT NULL,
  attempts         INTEGER NOT NULL,
  first_started_ms INTEGER,
  first_took_ms    INTEGER,
  first_status     INTEGER,
  first_problem    TEXT,
  first_excerpt    TEXT
) STRICT;
CREATE INDEX pushes_account ON pushes (account, number);
CREATE INDEX pushes_open ON pushes (account, number) WHERE state = 0;
-- What an operator looks for: what did not arrive.
CREATE INDEX pushes_lost ON pushes (account, number) WHERE state >= 3;
-- CreateTimes that run ahead of the clock: all that must be known of them after a crash.
CREATE INDEX pushes_ahead ON pushes (create_time_s) WHERE create_time_s > committed_ms / 1000;

CREATE TABLE push_attempts (
  number     INTEGER NOT NULL,
  attempt    INTEGER NOT NULL,
  started_ms INTEGER NOT NULL,
  took_ms    INTEGER NOT NULL,
  status     INTEGER,
  problem    TEXT    NOT NULL,
  excerpt    TEXT    NOT NULL,
  PRIMARY KEY (number, attempt)
) STRICT, WITHOUT ROWID;

-- Pushes by ordering_key, filled in the background up to the sequence `pushes_indexed`.
CREATE TABLE push_keys (
  ordering_key TEXT    NOT NULL,
  account      TEXT    NOT NULL,
  number       INTEGER NOT NULL,
  PRIMARY KEY (ordering_key, account, number)
) STRICT, WITHOUT ROWID;

-- Jobs (kaipiao_ports::delivery::jobs). failed_ms: when it was set aside; NULL: it is due at due_ms.
CREATE TABLE jobs (
  number     INTEGER PRIMARY KEY,
  queue      TEXT    NOT NULL,
  account    TEXT    NOT NULL,
  name       TEXT    NOT NULL,
  due_ms     INTEGER NOT NULL,
  failed_ms  INTEGER,
  attempts   INTEGER NOT NULL,
  last_error TEXT    NOT NULL
) STRICT;

-- Numbers below which everything was given out before.
CREATE TABLE sequences (name TEXT PRIMARY KEY, next INTEGER NOT NULL) STRICT, WITHOUT ROWID;
