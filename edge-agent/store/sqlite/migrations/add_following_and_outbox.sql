-- Where following each stream goes on: opaque, as the server gave it.
CREATE TABLE IF NOT EXISTS stream_cursors (
    uuid TEXT PRIMARY KEY NOT NULL,
    cursor TEXT NOT NULL
);

-- Observations made here that the server does not have yet, in order.
CREATE TABLE IF NOT EXISTS outbox (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid TEXT NOT NULL,
    observation_id TEXT NOT NULL,
    body TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    UNIQUE (uuid, observation_id)
);
CREATE TABLE IF NOT EXISTS outbox_counts (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    bytes INTEGER NOT NULL DEFAULT 0,
    waiting INTEGER NOT NULL DEFAULT 0,
    forwarded INTEGER NOT NULL DEFAULT 0,
    dropped INTEGER NOT NULL DEFAULT 0,
    refused INTEGER NOT NULL DEFAULT 0
);
INSERT OR IGNORE INTO outbox_counts (one) VALUES (1);
