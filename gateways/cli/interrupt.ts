import { pipeClosed } from './closed-pipe.ts'

/**
 * Aborts on the first Ctrl-C or SIGTERM, so that everything drains. A second one ends the process at once. It aborts, too,
 * when whoever reads standard output has gone.
 */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(130)
      controller.abort()
    })
  }
  pipeClosed.addEventListener('abort', () => controller.abort(), { once: true })
  return controller.signal
}

/** Resolves when the signal aborts. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
