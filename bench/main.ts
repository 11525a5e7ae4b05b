import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { benches } from './benches.ts'
import type { Bench } from './bench.ts'
import { figureLine } from './measure/figure.ts'

/** `npm run -s bench -- <name>`: one JSON line per figure on stdout, everything else on stderr. */
async function main(names: readonly string[]): Promise<void> {
  const [name, ...rest] = names
  if (name === undefined) {
    for (const [known, { summary }] of benches) console.log(`${known.padEnd(12)} ${summary}`)
    return
  }
  const bench = benches.get(name)
  if (bench === undefined || rest.length > 0) {
    const said = bench === undefined ? `there is no bench "${name}"` : `one bench at a time, not "${names.join(' ')}"`
    throw new Error(`${said}; there are: ${[...benches.keys()].join(', ')}`)
  }
  await run(bench)
}

async function run(bench: Bench): Promise<void> {
  const interrupted = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => interrupted.abort(new Error(`ended by ${signal}`)))
  const signal = AbortSignal.any([interrupted.signal, AbortSignal.timeout(bench.minutes * 60_000)])
  const dir = await mkdtemp(join(tmpdir(), 'pharos-bench-'))
  try {
    await bench.run({
      dir,
      signal,
      report: (figure) => console.log(figureLine(figure)),
      note: (text) => console.error(text),
    })
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`)
  if (process.env['LOG_LEVEL'] === 'debug') console.error(error)
  process.exitCode = 1
}
