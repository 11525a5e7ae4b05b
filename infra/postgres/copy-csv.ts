import { finished } from 'node:stream/promises'
import type { ClientBase } from 'pg'
import { to as copyTo } from 'pg-copy-streams'

/** What a query gives, as CSV with a header, as Postgres sends it. NULL is an empty value, and so is an empty text. */
export async function* copyCsv(client: ClientBase, query: string): AsyncGenerator<Buffer, void> {
  const rows = client.query(copyTo(`copy (${query}) to stdout with (format csv, header true, encoding 'UTF8')`))
  try {
    for await (const piece of rows.iterator({ destroyOnReturn: false })) yield piece as Buffer
  } finally {
    // Whoever stops early leaves the session in the middle of it: nothing else can be asked before the end has come.
    if (!rows.readableEnded && rows.errored === null) {
      rows.resume()
      await finished(rows)
    }
    // The client ends its timeout of a query by calling it back, which a COPY does not know of: it would fail long after its end.
    if ('callback' in rows && typeof rows.callback === 'function') rows.callback()
  }
}
