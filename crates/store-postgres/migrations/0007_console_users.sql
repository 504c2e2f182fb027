-- Who works with the console.
CREATE TABLE console_users (bucket SMALLINT, owner TEXT COLLATE "C", id TEXT COLLATE "C", version BIGINT NOT NULL, body TEXT, gone_ms BIGINT, PRIMARY KEY (bucket, owner, id));

-- What did not arrive is looked for by how it ended: of one account, or of all.
DROP INDEX pushes_lost;
CREATE INDEX pushes_lost ON pushes (state, account, number) WHERE state >= 3;
