-- Where following each stream goes on: opaque, as the server gave it.
CREATE TABLE IF NOT EXISTS stream_cursors (
    uuid text PRIMARY KEY,
    cursor text NOT NULL
);

-- Observations made here that the server does not have yet, in order.
CREATE TABLE IF NOT EXISTS outbox (
    place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid text NOT NULL,
    observation_id text NOT NULL,
    body text NOT NULL,
    bytes integer NOT NULL,
    UNIQUE (uuid, observation_id)
);
CREATE TABLE IF NOT EXISTS outbox_counts (
    one integer PRIMARY KEY CHECK (one = 1),
    bytes bigint NOT NULL DEFAULT 0,
    waiting bigint NOT NULL DEFAULT 0,
    forwarded bigint NOT NULL DEFAULT 0,
    dropped bigint NOT NULL DEFAULT 0,
    refused bigint NOT NULL DEFAULT 0
);
INSERT INTO outbox_counts (one) VALUES (1) ON CONFLICT DO NOTHING;
