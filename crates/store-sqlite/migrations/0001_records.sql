-- One table per kind of record (kaipiao_seams::store::Kind). The key begins with the owner, so that
-- one account's rows lie together; bodies are JSON text, readable with SQLite's own JSON functions.
CREATE TABLE accounts       (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
CREATE TABLE contacts       (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
CREATE TABLE page_fields    (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
CREATE TABLE token_families (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
CREATE TABLE orders         (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
CREATE TABLE users          (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
CREATE TABLE book_entries   (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
CREATE TABLE messages       (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
CREATE TABLE server         (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT, WITHOUT ROWID;
