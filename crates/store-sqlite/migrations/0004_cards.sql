-- Cards & Offers: a user's invoice cards (a kind of record like the others).
CREATE TABLE cards (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
