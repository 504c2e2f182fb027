-- PDFs that platforms have uploaded (wire_facts 1.1); their bytes lie beside the store. They grow with the business, so they lie in the
-- order of their arrival.
CREATE TABLE platform_pdfs (seq INTEGER PRIMARY KEY, owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, unused_since_ms INTEGER, body TEXT NOT NULL, UNIQUE (owner, id)) STRICT;
CREATE INDEX platform_pdfs_unused ON platform_pdfs (unused_since_ms) WHERE unused_since_ms IS NOT NULL;
