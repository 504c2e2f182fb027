-- Where and how an account receives its pushes (a kind of record like the others).
CREATE TABLE callbacks (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;

-- The outbox (kaipiao_seams::outbox). Every key begins with the receiving account. Times are the
-- domain's milliseconds; state: 0 waiting, 1 ready, 2 delivered, 3 gave up, 4 unroutable.
CREATE TABLE pushes (
  account      TEXT    NOT NULL,
  number       INTEGER NOT NULL,
  lane         TEXT    NOT NULL,
  openid       TEXT    NOT NULL,
  event        TEXT    NOT NULL,
  create_time_s INTEGER NOT NULL,
  body         TEXT    NOT NULL,
  committed_ms INTEGER NOT NULL,
  state        INTEGER NOT NULL,
  due_ms       INTEGER NOT NULL,
  settled_ms   INTEGER NOT NULL,
  tries        INTEGER NOT NULL,
  attempts     INTEGER NOT NULL,
  PRIMARY KEY (account, number)
) STRICT, WITHOUT ROWID;
-- A lane has one ready push at most: the database itself keeps them in order.
CREATE UNIQUE INDEX pushes_ready ON pushes (account, lane) WHERE state = 1;
CREATE INDEX pushes_due  ON pushes (account, due_ms, number) WHERE state = 1;
CREATE INDEX pushes_lane ON pushes (account, lane, number);
-- What an operator looks for: what is on its way, and what did not arrive.
CREATE INDEX pushes_open ON pushes (account, number) WHERE state <= 1;
CREATE INDEX pushes_lost ON pushes (account, number) WHERE state >= 3;

CREATE TABLE push_attempts (
  account    TEXT    NOT NULL,
  number     INTEGER NOT NULL,
  attempt    INTEGER NOT NULL,
  started_ms INTEGER NOT NULL,
  took_ms    INTEGER NOT NULL,
  status     INTEGER,
  problem    TEXT    NOT NULL,
  excerpt    TEXT    NOT NULL,
  PRIMARY KEY (account, number, attempt)
) STRICT, WITHOUT ROWID;

-- The last CreateTime that each user of an account was given.
CREATE TABLE push_times (account TEXT NOT NULL, openid TEXT NOT NULL, last_s INTEGER NOT NULL, PRIMARY KEY (account, openid)) STRICT, WITHOUT ROWID;
