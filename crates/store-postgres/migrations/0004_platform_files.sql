-- PDFs that platforms have uploaded (wire_facts 1.1); their bytes lie beside the store.
CREATE TABLE platform_pdfs (bucket SMALLINT, owner TEXT COLLATE "C", id TEXT COLLATE "C", version BIGINT NOT NULL, body TEXT, gone_ms BIGINT, unused_since_ms BIGINT, PRIMARY KEY (bucket, owner, id));
CREATE INDEX platform_pdfs_unused ON platform_pdfs (unused_since_ms) WHERE unused_since_ms IS NOT NULL;
CREATE INDEX platform_pdfs_gone ON platform_pdfs (gone_ms) WHERE gone_ms IS NOT NULL;
