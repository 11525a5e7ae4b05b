-- What each stream's table is: its name and whatever else the server says of it. Tables of observations stay as they are;
-- their streams come in at the next observation or refresh.
CREATE TABLE IF NOT EXISTS streams (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Id of the stream at the central server.
    server_stream_id INTEGER,
    -- Also the name of its table.
    uuid TEXT UNIQUE NOT NULL,
    name TEXT,
    secondary TEXT,
    meta TEXT,
    description TEXT,
    last_synced TIMESTAMP,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX IF NOT EXISTS idx_streams_uuid ON streams (uuid);
CREATE INDEX IF NOT EXISTS idx_streams_name ON streams (name);
CREATE INDEX IF NOT EXISTS idx_streams_server_stream_id ON streams (server_stream_id);
