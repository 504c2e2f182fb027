-- Every table begins with the bucket: a hash of its owner, 0 to 255 (src/bucket.rs). So tables can be partitioned
-- or distributed by it without change; docs/scaling.md says how. Reference tables, which every database of a
-- cluster has whole, are schema_migrations and nodes.
--
-- Records: one table per kind (kaipiao_ports::record::Kind). Bodies are JSON text as it was saved. A version is the
-- database clock's microsecond or one more than the version before, whichever is larger. A removed record
-- leaves its version behind (body NULL, gone_ms in the database's milliseconds) for a day, so that it never comes again.
CREATE TABLE accounts         (bucket SMALLINT, owner TEXT COLLATE "C", id TEXT COLLATE "C", version BIGINT NOT NULL, body TEXT, gone_ms BIGINT, PRIMARY KEY (bucket, owner, id));
CREATE TABLE contacts         (bucket SMALLINT, owner TEXT COLLATE "C", id TEXT COLLATE "C", version BIGINT NOT NULL, body TEXT, gone_ms BIGINT, PRIMARY KEY (bucket, owner, id));
CREATE TABLE page_fields      (bucket SMALLINT, owner TEXT COLLATE "C", id TEXT COLLATE "C", version BIGINT NOT NULL, body TEXT, gone_ms BIGINT, PRIMARY KEY (bucket, owner, id));
CREATE TABLE callbacks        (bucket SMALLINT, owner TEXT COLLATE "C", id TEXT COLLATE "C", version BIGINT NOT NULL, body TEXT, gone_ms BIGINT, PRIMARY KEY (bucket, owner, id));
CREATE TABLE token_families   (bucket SMALLINT, owner TEXT COLLATE "C", id TEXT COLLATE "C", version BIGINT NOT NULL, body TEXT, gone_ms BIGINT, PRIMARY KEY (bucket, owner, id));
CREATE TABLE taxpayers        (bucket SMALLINT, owner TEXT COLLATE "C", id TEXT COLLATE "C", version BIGINT NOT NULL, body TEXT, gone_ms BIGINT, PRIMARY KEY (bucket, owner, id));
CREATE TABLE number_ranges    (bucket SMALLINT, owner TEXT COLLATE "C", id TEXT COLLATE "C", version BIGINT NOT NULL, body TEXT, gone_ms BIGINT, PRIMARY KEY (bucket, owner, id));
CREATE TABLE number_codes     (bucket SMALLINT, owner TEXT COLLATE "C", id TEXT COLLATE "C", version BIGINT NOT NULL, body TEXT, gone_ms BIGINT, PRIMARY KEY (bucket, owner, id));
CREATE TABLE number_gaps      (bucket SMALLINT, owner TEXT COLLATE "C", id TEXT COLLATE "C", version BIGINT NOT NULL, body TEXT, gone_ms BIGINT, PRIMARY KEY (bucket, owner, id));
CREATE TABLE users            (bucket SMALLINT, owner TEXT COLLATE "C", id TEXT COLLATE "C", version BIGINT NOT NULL, body TEXT, gone_ms BIGINT, PRIMARY KEY (bucket, owner, id));
CREATE TABLE book_entries     (bucket SMALLINT, owner TEXT COLLATE "C", id TEXT COLLATE "C", version BIGINT NOT NULL, body TEXT, gone_ms BIGINT, PRIMARY KEY (bucket, owner, id));
CREATE TABLE server           (bucket SMALLINT, owner TEXT COLLATE "C", id TEXT COLLATE "C", version BIGINT NOT NULL, body TEXT, gone_ms BIGINT, PRIMARY KEY (bucket, owner, id));
CREATE TABLE invoice_contents (bucket SMALLINT, owner TEXT COLLATE "C", id TEXT COLLATE "C", version BIGINT NOT NULL, body TEXT, gone_ms BIGINT, PRIMARY KEY (bucket, owner, id));
CREATE TABLE invoice_numbers  (bucket SMALLINT, owner TEXT COLLATE "C", id TEXT COLLATE "C", version BIGINT NOT NULL, body TEXT, gone_ms BIGINT, PRIMARY KEY (bucket, owner, id));
CREATE TABLE cards            (bucket SMALLINT, owner TEXT COLLATE "C", id TEXT COLLATE "C", version BIGINT NOT NULL, body TEXT, gone_ms BIGINT, PRIMARY KEY (bucket, owner, id));
CREATE TABLE card_codes       (bucket SMALLINT, owner TEXT COLLATE "C", id TEXT COLLATE "C", version BIGINT NOT NULL, body TEXT, gone_ms BIGINT, PRIMARY KEY (bucket, owner, id));
-- unused_since_ms: what a purge looks for, in the domain's milliseconds; of ended sessions, real ones.
CREATE TABLE ended_sessions   (bucket SMALLINT, owner TEXT COLLATE "C", id TEXT COLLATE "C", version BIGINT NOT NULL, body TEXT, gone_ms BIGINT, unused_since_ms BIGINT, PRIMARY KEY (bucket, owner, id));
CREATE TABLE messages         (bucket SMALLINT, owner TEXT COLLATE "C", id TEXT COLLATE "C", version BIGINT NOT NULL, body TEXT, gone_ms BIGINT, unused_since_ms BIGINT, PRIMARY KEY (bucket, owner, id));
-- Both are changed soon after they are made: with room in their page, no index is written for it.
-- terms: what a search finds the record by, each as the field's number, "=" and the value.
CREATE TABLE orders           (bucket SMALLINT, owner TEXT COLLATE "C", id TEXT COLLATE "C", version BIGINT NOT NULL, body TEXT, gone_ms BIGINT, unused_since_ms BIGINT, time_ms BIGINT NOT NULL, terms TEXT[] COLLATE "C" NOT NULL, PRIMARY KEY (bucket, owner, id)) WITH (fillfactor = 80);
CREATE TABLE invoice_requests (bucket SMALLINT, owner TEXT COLLATE "C", id TEXT COLLATE "C", version BIGINT NOT NULL, body TEXT, gone_ms BIGINT, time_ms BIGINT NOT NULL, terms TEXT[] COLLATE "C" NOT NULL, PRIMARY KEY (bucket, owner, id)) WITH (fillfactor = 80);

-- What each node keeps in memory is read again by its versions.
CREATE INDEX accounts_changed ON accounts (version);
CREATE INDEX contacts_changed ON contacts (version);
CREATE INDEX page_fields_changed ON page_fields (version);
CREATE INDEX callbacks_changed ON callbacks (version);
CREATE INDEX token_families_changed ON token_families (version);
CREATE INDEX taxpayers_changed ON taxpayers (version);
-- Everybody's accounts and people, for the operator.
CREATE INDEX accounts_all ON accounts (owner, id);
CREATE INDEX users_all ON users (owner, id);
-- Those that are gone are in them too: an index that asks for the body would be written anew with each change of it.
CREATE INDEX orders_by_time ON orders (bucket, owner, time_ms, id);
CREATE INDEX invoice_requests_by_time ON invoice_requests (bucket, owner, time_ms, id);
CREATE INDEX orders_unused ON orders (unused_since_ms) WHERE unused_since_ms IS NOT NULL;
CREATE INDEX ended_sessions_unused ON ended_sessions (unused_since_ms) WHERE unused_since_ms IS NOT NULL;
CREATE INDEX messages_unused ON messages (unused_since_ms) WHERE unused_since_ms IS NOT NULL;
CREATE INDEX orders_gone ON orders (gone_ms) WHERE gone_ms IS NOT NULL;
CREATE INDEX ended_sessions_gone ON ended_sessions (gone_ms) WHERE gone_ms IS NOT NULL;
CREATE INDEX messages_gone ON messages (gone_ms) WHERE gone_ms IS NOT NULL;
CREATE INDEX book_entries_gone ON book_entries (gone_ms) WHERE gone_ms IS NOT NULL;

-- Records whose terms have changed since they were written to `search`, which is filled in the background.
CREATE TABLE unindexed (bucket SMALLINT NOT NULL, kind SMALLINT NOT NULL, owner TEXT COLLATE "C" NOT NULL, id TEXT COLLATE "C" NOT NULL);
CREATE TABLE search (
  bucket  SMALLINT,
  kind    SMALLINT,
  owner   TEXT COLLATE "C",
  id      TEXT COLLATE "C",
  term    TEXT COLLATE "C",
  time_ms BIGINT NOT NULL,
  PRIMARY KEY (bucket, kind, owner, id, term)
);
CREATE INDEX search_by_term ON search (bucket, kind, owner, term, time_ms, id);

-- The outbox (kaipiao_ports::delivery::outbox). A number counts thirty-seconds of a millisecond since 2026, and has the bucket
-- in its lowest 8 bits. state: 0 waits behind an earlier one of its ordering_key, 1 ready, 2 delivered, 3 gave up,
-- 4 unroutable. claim_serial, claim_node, claimed_at and lapses_at are the claim's, all NULL without one; real time
-- of the database's clock. The first attempt stands in the row, further ones (number 2 and up) in push_attempts.
CREATE TABLE pushes (
  bucket           SMALLINT,
  number           BIGINT,
  account          TEXT COLLATE "C" NOT NULL,
  url              TEXT COLLATE "C",
  origin           TEXT COLLATE "C" NOT NULL,
  kind             TEXT COLLATE "C" NOT NULL,
  ordering_key     TEXT COLLATE "C" NOT NULL,
  openid           TEXT COLLATE "C" NOT NULL,
  event            TEXT COLLATE "C" NOT NULL,
  create_time_s    BIGINT   NOT NULL,
  body             TEXT     NOT NULL,
  committed_ms     BIGINT   NOT NULL,
  state            SMALLINT NOT NULL,
  due_ms           BIGINT   NOT NULL,
  completed_ms     BIGINT   NOT NULL DEFAULT 0,
  tries            INTEGER  NOT NULL DEFAULT 0,
  attempts         INTEGER  NOT NULL DEFAULT 0,
  claim_serial     BIGINT,
  claim_node       TEXT COLLATE "C",
  claimed_at       TIMESTAMPTZ,
  lapses_at        TIMESTAMPTZ,
  first_started_ms BIGINT,
  first_took_ms    BIGINT,
  first_status     INTEGER,
  first_problem    TEXT,
  first_excerpt    TEXT,
  PRIMARY KEY (bucket, number)
) WITH (fillfactor = 80);
-- No two events of an account's user share a CreateTime, whichever node made them.
CREATE UNIQUE INDEX pushes_create_times ON pushes (bucket, account, openid, create_time_s) WHERE openid <> '';
-- One push of an ordering key is ready, those behind it wait.
CREATE UNIQUE INDEX pushes_ready ON pushes (bucket, account, ordering_key) WHERE state = 1;
CREATE INDEX pushes_by_key ON pushes (ordering_key, account, number);
CREATE INDEX pushes_due ON pushes (account, origin, due_ms, number) WHERE state = 1;
CREATE INDEX pushes_by_account ON pushes (account, number);
CREATE INDEX pushes_open ON pushes (account, number) WHERE state <= 1;
CREATE INDEX pushes_lost ON pushes (account, number) WHERE state >= 3;
-- Rows lie in the order of their commits, so a few pages of this index lead a purge to the old ones.
CREATE INDEX pushes_old ON pushes USING brin (committed_ms) WITH (autosummarize = on);

CREATE TABLE push_attempts (
  bucket     SMALLINT,
  number     BIGINT,
  attempt    INTEGER,
  started_ms BIGINT NOT NULL,
  took_ms    BIGINT NOT NULL,
  status     INTEGER,
  problem    TEXT   NOT NULL,
  excerpt    TEXT   NOT NULL,
  PRIMARY KEY (bucket, number, attempt)
);

-- Jobs (kaipiao_ports::delivery::jobs). failed_ms: when it was set aside; NULL: it is due at due_ms.
CREATE TABLE jobs (
  bucket       SMALLINT,
  queue        TEXT COLLATE "C",
  account      TEXT COLLATE "C",
  name         TEXT COLLATE "C",
  number       BIGINT  NOT NULL,
  due_ms       BIGINT  NOT NULL,
  failed_ms    BIGINT,
  attempts     INTEGER NOT NULL,
  last_error   TEXT    NOT NULL,
  claim_serial BIGINT,
  claim_node   TEXT COLLATE "C",
  claimed_at   TIMESTAMPTZ,
  lapses_at    TIMESTAMPTZ,
  PRIMARY KEY (bucket, queue, account, name)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX jobs_numbers ON jobs (bucket, number);
CREATE INDEX jobs_due ON jobs (queue, account, due_ms, number) WHERE failed_ms IS NULL;
CREATE INDEX jobs_failed ON jobs (failed_ms) WHERE failed_ms IS NOT NULL;
CREATE INDEX jobs_newest ON jobs (number);

-- Nodes that share this database: each holds its name while it renews the lease, by the database's clock.
CREATE TABLE nodes (
  name       TEXT COLLATE "C" PRIMARY KEY,
  lease      BIGINT NOT NULL,
  expires_at TIMESTAMPTZ NOT NULL
);
