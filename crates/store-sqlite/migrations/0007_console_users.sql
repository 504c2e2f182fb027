-- Who works with the console.
CREATE TABLE console_users (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;

-- What did not arrive is looked for by how it ended: of one account, or of all.
DROP INDEX pushes_lost;
CREATE INDEX pushes_lost ON pushes (state, account, number) WHERE state >= 3;
