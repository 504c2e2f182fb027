-- Records: one table per kind (kaipiao_ports::record::Kind). Bodies are JSON text, readable with SQLite's
-- own JSON functions. Versions come from one sequence, so that a removed record's never comes again.
--
-- Kinds of which there are a handful per owner lie by key.
CREATE TABLE accounts         (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
CREATE TABLE contacts         (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
CREATE TABLE page_fields      (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
CREATE TABLE callbacks        (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
CREATE TABLE token_families   (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
CREATE TABLE taxpayers        (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
CREATE TABLE number_ranges    (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
CREATE TABLE number_codes     (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
CREATE TABLE number_gaps      (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
CREATE TABLE users            (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
CREATE TABLE book_entries     (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
CREATE TABLE server           (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
-- Kinds that grow with the business lie in the order of their arrival (seq is the first save's version): what
-- many owners write at the same time, and what is changed again soon, shares a few pages at the end. Only
-- the key's entry, which is small, lies somewhere in the middle. `fields` is what the record is searched by.
CREATE TABLE orders           (seq INTEGER PRIMARY KEY, owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, time_ms INTEGER NOT NULL, fields TEXT NOT NULL, unused_since_ms INTEGER, body TEXT NOT NULL, UNIQUE (owner, id)) STRICT;
CREATE TABLE invoice_requests (seq INTEGER PRIMARY KEY, owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, time_ms INTEGER NOT NULL, fields TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (owner, id)) STRICT;
CREATE TABLE invoice_contents (seq INTEGER PRIMARY KEY, owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, UNIQUE (owner, id)) STRICT;
CREATE TABLE invoice_numbers  (seq INTEGER PRIMARY KEY, owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, UNIQUE (owner, id)) STRICT;
CREATE TABLE ended_sessions   (seq INTEGER PRIMARY KEY, owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, unused_since_ms INTEGER, body TEXT NOT NULL, UNIQUE (owner, id)) STRICT;
CREATE TABLE messages         (seq INTEGER PRIMARY KEY, owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, unused_since_ms INTEGER, body TEXT NOT NULL, UNIQUE (owner, id)) STRICT;
CREATE TABLE cards            (seq INTEGER PRIMARY KEY, owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, UNIQUE (owner, id)) STRICT;
CREATE TABLE card_codes       (seq INTEGER PRIMARY KEY, owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, UNIQUE (owner, id)) STRICT;
-- What a purge looks for. Times are the domain's milliseconds; of ended sessions, real ones.
CREATE INDEX orders_unused ON orders (unused_since_ms) WHERE unused_since_ms IS NOT NULL;
CREATE INDEX ended_sessions_unused ON ended_sessions (unused_since_ms) WHERE unused_since_ms IS NOT NULL;
CREATE INDEX messages_unused ON messages (unused_since_ms) WHERE unused_since_ms IS NOT NULL;

-- What records are listed by besides their key is filled in the background: a commit appends a record whose
-- fields have changed to `unindexed`, and the sequences `<table>_indexed` and `pushes_indexed` say which
-- records and pushes have not been looked at since they arrived.
CREATE TABLE unindexed (
  seq     INTEGER PRIMARY KEY,
  kind    INTEGER NOT NULL,
  owner   TEXT    NOT NULL,
  id      TEXT    NOT NULL,
  -- Fields and time before and after the change; NULL: there was no record, there is none.
  before  TEXT,
  before_ms INTEGER,
  now     TEXT,
  now_ms  INTEGER
) STRICT;
-- field 0: every record, by time; its value is empty.
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

-- Pushes by account and by ordering_key, filled in the background.
CREATE TABLE push_accounts (
  account TEXT    NOT NULL,
  number  INTEGER NOT NULL,
  PRIMARY KEY (account, number)
) STRICT, WITHOUT ROWID;
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
