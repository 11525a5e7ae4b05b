import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** What we fetch unless `NATS_SERVER_VERSION` says otherwise. */
const PINNED_VERSION = '2.12.6'
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64', arm: 'arm7', ia32: '386' }

/**
 * Downloads the release of the NATS project into `dir` and answers the path of the binary there.
 * `NATS_SERVER_BASE_URL` names a mirror that holds a release's files.
 * @throws Error when it cannot be downloaded, or is not what the release's SHA256SUMS says.
 */
export async function fetchFromGithub(dir: string, env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<string> {
  const version = env['NATS_SERVER_VERSION'] ?? PINNED_VERSION
  const base = env['NATS_SERVER_BASE_URL'] ?? `https://github.com/nats-io/nats-server/releases/download/v${version}`
  const name = `nats-server-v${version}-${process.platform}-${ARCHITECTURES[process.arch] ?? process.arch}`
  const archive = `${name}.tar.gz`

  const sums = (await download(`${base}/SHA256SUMS`, 10_000, signal)).toString('utf8')
  const expected = checksumOf(archive, sums)
  if (expected === undefined) throw new Error(`the release's SHA256SUMS has no ${archive}`)
  const bytes = await download(`${base}/${archive}`, 180_000, signal)
  const actual = createHash('sha256').update(bytes).digest('hex')
  if (actual !== expected) throw new Error(`${archive} has checksum ${actual}, SHA256SUMS says ${expected}: not used`)

  await writeFile(join(dir, archive), bytes)
  await run('tar', ['-xzf', join(dir, archive), '-C', dir])
  return join(dir, name, 'nats-server')
}

async function download(url: string, timeoutMs: number, signal?: AbortSignal): Promise<Buffer> {
  const timeout = AbortSignal.timeout(timeoutMs)
  const response = await fetch(url, { signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]) })
  if (!response.ok) throw new Error(`${url}: HTTP ${response.status}`)
  return Buffer.from(await response.arrayBuffer())
}

/** Lines are `<sha256>  <name>`, or `<sha256> *<name>`. */
function checksumOf(name: string, sums: string): string | undefined {
  const lines = sums.split('\n').map((line) => line.trim().split(/\s+\*?/))
  return lines.find(([, file]) => file === name)?.[0]
}
