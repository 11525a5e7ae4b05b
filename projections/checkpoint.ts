import type { ClientBase } from 'pg'
import { type Epoch, epoch, type Position } from '../schemas/position.ts'

/** Why a projector does not go on: its own fault (`failed`), its tables' (`stale`), or too old code (`waiting`). */
export type Halt = 'failed' | 'stale' | 'waiting'

/** How far a generation's tables have come. Progress is this row and nothing else. */
export interface Checkpoint {
  readonly generation: number
  readonly codeVersion: number
  /** `null` until the first owner has met the log. */
  readonly epoch: Epoch | null
  readonly position: number
}

/** DDL of the one row in each generation's schema. It is updated often: the spare room keeps that in one page. */
export const CREATE_CHECKPOINT = `
  create table checkpoint (
    one boolean primary key default true check (one),
    projector text not null,
    generation integer not null,
    -- Version of the projector's code that the tables are meant for.
    code_version integer not null,
    epoch text,
    position bigint not null default 0,
    -- Everything that was recorded before this moment is in the tables.
    as_of timestamptz,
    updated_at timestamptz not null default now(),
    halt text check (halt in ('failed', 'stale', 'waiting')),
    -- The event that it halted at.
    halted_at bigint,
    error text
  ) with (fillfactor = 20)`

/** Another process owns the projector now, or a rebuild has replaced the tables: write nothing more. */
export class LostOwnership extends Error {
  override readonly name = 'LostOwnership'
}

export async function readCheckpoint(client: ClientBase): Promise<Checkpoint> {
  const { rows } = await client.query<{
    generation: number
    code_version: number
    epoch: string | null
    position: string
  }>('select generation, code_version, epoch, position from checkpoint')
  const row = rows[0]
  if (row === undefined) throw new LostOwnership('the checkpoint is gone: the tables were replaced')
  return {
    generation: row.generation,
    codeVersion: row.code_version,
    epoch: row.epoch === null ? null : epoch.parse(row.epoch),
    position: Number(row.position),
  }
}

/** Ties tables that have seen nothing yet to the life of the log that they are about to follow. */
export async function adoptEpoch(client: ClientBase, of: Epoch): Promise<void> {
  await client.query('update checkpoint set epoch = $1 where epoch is null and position = 0', [of])
}

/**
 * Moves the checkpoint, only if it still stands where the caller read it; clears what it had halted on. It takes the
 * row's lock until the transaction ends, so call it first: an owner that lost writes nothing.
 * `asOf`: ISO time before which all that was recorded is in the tables now.
 * @throws LostOwnership when it stands elsewhere; RangeError when it would go back, which would apply events twice.
 */
export async function moveCheckpoint(client: ClientBase, from: Position, to: number, asOf: string): Promise<void> {
  if (to < from.sequence) throw new RangeError(`the checkpoint would go back from ${from.sequence} to ${to}`)
  const { rowCount } = await client
    .query({
      name: 'move checkpoint',
      text: `
        update checkpoint
        set position = $3, as_of = greatest(as_of, $4), updated_at = now(), halt = null, halted_at = null, error = null
        where epoch = $1 and position = $2`,
      values: [from.epoch, from.sequence, to, asOf],
    })
    .catch((error: unknown) => {
      if (isUndefinedTable(error)) throw new LostOwnership('the tables were replaced', { cause: error })
      throw error
    })
  if (rowCount !== 1) throw new LostOwnership(`the checkpoint is no longer at ${from.sequence}`)
}

/** Leaves word of why the projector does not go on, for whoever asks from any process. */
export async function recordHalt(client: ClientBase, halt: Halt, at: number | null, error: string): Promise<void> {
  await client.query('update checkpoint set halt = $1, halted_at = $2, error = $3, updated_at = now()', [
    halt,
    at,
    error,
  ])
}

function isUndefinedTable(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '42P01'
}
