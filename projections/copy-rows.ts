import { finished } from 'node:stream/promises'
import type { ClientBase } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import type { Table } from './table.ts'

/** Loads rows, given as COPY takes them. All are handed to the socket at once, so that they flow while others work. */
export async function copyRows(client: ClientBase, { name, columns }: Table, text: readonly Buffer[]): Promise<void> {
  const sink = client.query(copyFrom(`copy ${name} (${Object.keys(columns).join(', ')}) from stdin`))
  const loaded = finished(sink)
  for (const piece of text) sink.write(piece)
  sink.end()
  await loaded
}
