import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { userId } from './user-rows.ts'

/**
 * A service on the device, as a process of its own: reads twenty users of the whole table every 5 ms until its stdin ends,
 * then writes what it saw as JSON. Users of two editions in one answer, or fewer than it asked for, are what must never be.
 */
const [url = '', rows = '0'] = process.argv.slice(2)
const PAUSE_MS = 5
const ASKED = 20
const client = new Client({ connectionString: url })
await client.connect()
const over = new AbortController()
process.stdin.on('end', () => over.abort()).resume()
const seen = { polls: 0, longestMs: 0, wrong: 0, editions: [] as string[] }
for (let turn = 0; !over.signal.aborted; turn++) {
  const ids = Array.from({ length: ASKED }, (_, i) => userId((turn * 7919 + i * 49_999) % Number(rows)))
  const started = performance.now()
  const { rows: users } = await client.query<{ name: string }>(
    'select name from pharos.users where user_id = any ($1)',
    [[...new Set(ids)]],
  )
  seen.longestMs = Math.max(seen.longestMs, performance.now() - started)
  const editions = new Set(users.map(({ name }) => name.slice(name.lastIndexOf(' ') + 1)))
  if (users.length !== new Set(ids).size || editions.size !== 1) seen.wrong++
  for (const edition of editions) if (!seen.editions.includes(edition)) seen.editions.push(edition)
  seen.polls++
  await sleep(PAUSE_MS)
}
await client.end()
process.stdout.write(`${JSON.stringify(seen)}\n`)
