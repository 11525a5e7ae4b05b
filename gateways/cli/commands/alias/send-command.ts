import type { CommandResult } from '../../../../schemas/command.ts'
import type { CommandType } from '../../../../schemas/commands/command-data.ts'
import { Failure } from '../../failure.ts'
import { createOutput } from '../../output.ts'
import { openClient } from '../../platform/open-client.ts'

/** Sends one command and tells its outcome. An outcome other than accepted or duplicate is exit code 1. */
export async function sendCommand(
  type: CommandType,
  data: object,
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { expectedRevision, dryRun, json } = options
  const client = await openClient()
  try {
    const result = await client.send(type, data, {
      ...(typeof expectedRevision === 'number' ? { expectedRevision } : {}),
      ...(dryRun === true ? { dryRun } : {}),
    })
    const ok = result.status === 'accepted' || result.status === 'duplicate'
    if (ok || json === true) createOutput(json === true).result(result, () => tell(result))
    if (!ok) throw new Failure(tell(result))
  } finally {
    await client.close()
  }
}

function tell(result: CommandResult): string {
  switch (result.status) {
    case 'accepted':
    case 'duplicate': {
      const dry = result.status === 'accepted' && result.dryRun === true ? 'would be ' : ''
      if (result.events.length === 0) return `nothing to change; revision ${result.revision}`
      return `${dry}${result.status}: ${result.events.map(({ type }) => type).join(', ')}; revision ${result.revision}, position ${result.position}`
    }
    case 'rejected':
      return [
        `rejected (${result.code}): ${result.message}`,
        ...result.violations.map(({ field, message }) => `  ${field}: ${message}`),
      ].join('\n')
    case 'conflict':
    case 'unauthorized':
    case 'forbidden':
    case 'unavailable':
      return `${result.status}: ${result.message}`
  }
}
