import { setTimeout as sleep } from 'node:timers/promises'
import type { CommandResult } from '../../schemas/command.ts'
import type { CommandHandler, Invocation } from '../command-handler.ts'

/** How long one command of a job is tried while the log cannot be reached, in milliseconds. */
const PATIENCE_MS = 60_000
const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 2000

/** Gives a command until it is answered by something else than `unavailable`, at most a minute; the id makes that safe. */
export async function sendPatiently(
  handler: CommandHandler,
  invocation: Invocation,
  signal: AbortSignal,
): Promise<CommandResult> {
  const deadline = performance.now() + PATIENCE_MS
  for (let attempt = 0; ; attempt++) {
    signal.throwIfAborted()
    const result = await handler.handle(invocation)
    if (result.status !== 'unavailable' || performance.now() > deadline) return result
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt) * (0.5 + Math.random() / 2)
    await sleep(pause, undefined, { signal })
  }
}
