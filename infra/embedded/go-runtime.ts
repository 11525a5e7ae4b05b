import { totalmem } from 'node:os'

const MIB = 1024 * 1024

/**
 * How the embedded nats-server collects its garbage, where the environment does not say so itself. By default Go does it
 * whenever the heap has doubled. This one is small and soon doubled: on two cores that costs commands a twelfth of their
 * rate. So it may grow to five times what lives in it, and from a quarter of the memory on it is collected as before.
 * @see https://pkg.go.dev/runtime#hdr-Environment_Variables
 */
export function goRuntime(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  // Of a container with a limit, the limit; without one it says 0, or more than there is.
  const memory = Math.min(totalmem(), process.constrainedMemory() || Infinity)
  return {
    GOGC: env['GOGC'] ?? '400',
    GOMEMLIMIT: env['GOMEMLIMIT'] ?? `${Math.floor(memory / 4 / MIB)}MiB`,
  }
}
