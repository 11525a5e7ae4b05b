import { totalmem } from 'node:os'

const MIB = 1024 * 1024
/** With less, garbage must not wait. */
const PLENTY = 4096 * MIB

/**
 * How the embedded nats-server collects its garbage, where the environment does not say so itself. By default Go does it
 * whenever the heap has doubled. This one is small and soon doubled: on two cores that costs commands a twelfth of their
 * rate. So where there is memory it may grow to five times what lives in it. Towards half of the memory it is collected
 * more and more often, in the end all the time, rather than that the memory runs out.
 * @see https://pkg.go.dev/runtime#hdr-Environment_Variables
 */
export function goRuntime(env: NodeJS.ProcessEnv = process.env, memory = memoryBytes()): NodeJS.ProcessEnv {
  if (memory < PLENTY || isSet(env['GOGC']) || isSet(env['GOMEMLIMIT'])) return {}
  return { GOGC: '400', GOMEMLIMIT: `${Math.floor(memory / 2 / MIB)}MiB` }
}

/** Of a container that has a limit, the limit; without one it says 0, or more than there is. */
function memoryBytes(): number {
  return Math.min(totalmem(), process.constrainedMemory() || Infinity)
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== ''
}
