import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The agent with `EDGE_DATA_DIR` on a disk of 256 KiB, in a mount namespace of its own: becomes that process. */
const MAIN = fileURLToPath(new URL('../../../edge-agent/main.ts', import.meta.url))
const { EDGE_DATA_DIR: dir = '' } = process.env
mkdirSync(dir, { recursive: true })
const script = 'mount -t tmpfs -o size=256k none "$1" && exec "$2" "$3"'
process.execve?.(
  '/usr/bin/unshare',
  ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', script, 'sh', dir, process.execPath, MAIN],
  process.env,
)
