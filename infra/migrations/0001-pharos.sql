-- What no projector owns. Projectors create their own schemas, pharos_<projector>_v<generation>, when they are installed.

-- The read model as users see it. Only views live here, so that a rebuild can swap what is behind them.
create schema pharos;

create schema pharos_system;

-- Which generation of each projector the views show. One row is changed by a swap, in the transaction of the views.
create table pharos_system.projections (
  projector text primary key,
  generation integer not null check (generation > 0),
  -- Of the definition (views, tables) that was installed: an unchanged one takes no lock on the views at a start.
  digest text not null,
  installed_at timestamptz not null default now()
);

-- Replaced by a union over all projectors' checkpoints as they are installed.
create view pharos.projection_checkpoints as
select
  null::text as projector,
  null::integer as generation,
  null::integer as code_version,
  null::text as epoch,
  null::bigint as position,
  null::timestamptz as as_of,
  null::timestamptz as updated_at,
  null::text as halt,
  null::bigint as halted_at,
  null::text as error
where false;

-- `select … from channel_aliases` works for whoever connects. `public` comes first: what people create lands there,
-- never among the views. Who does not own the database sets it for the own role only.
do $$
begin
  execute format('alter database %I set search_path = "$user", public, pharos', current_database());
exception when insufficient_privilege then
  execute format('alter role current_user in database %I set search_path = "$user", public, pharos', current_database());
end
$$;
