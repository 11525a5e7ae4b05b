import type { Pool } from 'pg'
import { eventually } from '../../support/infrastructure.ts'

/** From now on every row that is copied into a new table takes so long, by the device's own Postgres: a load that can be hit in the middle. */
export async function slowCopy(pool: Pool, seconds: number): Promise<void> {
  await pool.query(`
    create or replace function public.dawdle() returns trigger language plpgsql as
      'begin perform pg_sleep(${seconds}); return new; end';
    create or replace function public.make_slow() returns event_trigger language plpgsql as $$
      declare made record;
      begin
        for made in select * from pg_event_trigger_ddl_commands() where command_tag = 'CREATE TABLE' and schema_name = 'pharos_next' loop
          execute format('create trigger dawdle before insert on %s for each row execute function public.dawdle()', made.object_identity);
        end loop;
      end $$;
    create event trigger slow on ddl_command_end when tag in ('CREATE TABLE') execute function public.make_slow()`)
}

export async function quickCopy(pool: Pool): Promise<void> {
  await pool.query('drop event trigger if exists slow')
}

/** Resolves in the middle of a COPY into this database: with the process id of the session that does it. */
export function inCopy(pool: Pool): Promise<number> {
  return eventually(
    async () => {
      const { rows } = await pool.query<{ pid: number }>(
        `select pid from pg_stat_progress_copy where datname = current_database() and tuples_processed > 10`,
      )
      return rows[0]?.pid
    },
    { timeoutMs: 60_000, what: 'a COPY is under way' },
  )
}
