-- Whom the platform has erased, beside all projections. A backup from before an erasure does not know of it: whoever
-- restores one is told by this table. Nothing is ever deleted from it; it holds ids only.
create table pharos_system.erasures (
  person text primary key,
  erased_at timestamptz not null,
  -- When the person's key was destroyed; null again when a restore may have brought it back.
  key_destroyed_at timestamptz,
  -- When the tables that showed the person were rewritten, so that their pages hold nothing any more.
  scrubbed_at timestamptz
);
create index erasures_open on pharos_system.erasures (person) where key_destroyed_at is null or scrubbed_at is null;
