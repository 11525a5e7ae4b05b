import type { CommandResult } from '../../schemas/command.ts'
import { airports } from './airports.ts'
import { SAMPLE_DEVICES } from './fleet-commands.ts'
import { type SampleCommand, sampleCommands } from './sample-commands.ts'

export interface SampleProgress {
  readonly total: number
  readonly done: number
}

export interface SampleLoad {
  readonly send: (command: SampleCommand, signal: AbortSignal) => Promise<CommandResult>
  readonly onProgress: (progress: SampleProgress) => void
  readonly signal: AbortSignal
  readonly inFlight?: number
  /** So many sites, in the order of the file, and those that the tour visits; all unless given. */
  readonly sites?: number | undefined
}

/** Sites that the tour visits. */
const VISITED: ReadonlySet<string> = new Set(SAMPLE_DEVICES.map(({ site }) => site))

/**
 * Sends the sample through the command gateway as any other client would. Safe to run again: what was accepted before
 * is answered `duplicate`.
 * @throws Error naming the command and its answer, on the first one that is neither accepted nor duplicate.
 */
export async function loadSample({
  send,
  onProgress,
  signal,
  inFlight = 256,
  sites = Infinity,
}: SampleLoad): Promise<SampleProgress> {
  const chosen = (await airports()).filter(({ iata }, place) => place < sites || VISITED.has(iata))
  const commands = [...sampleCommands(chosen)]
  const queue = commands.values()
  let done = 0
  async function worker(): Promise<void> {
    for (const command of queue) {
      signal.throwIfAborted()
      const result = await send(command, signal)
      if (result.status !== 'accepted' && result.status !== 'duplicate')
        throw new Error(`sample: ${command.data.name} was answered ${JSON.stringify(result)}`)
      onProgress({ total: commands.length, done: ++done })
    }
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
  return { total: commands.length, done }
}
