import { randomUUID } from 'node:crypto'
import { newUlid } from '../../schemas/new-ulid.ts'
import type { CommandRequest } from '../../schemas/command.ts'
import { commandId } from '../../schemas/ids.ts'

const NODES = 64
let last = 0

/** A command that registers an alias nobody has: of a channel, on one of many nodes. */
export function registerAlias(): CommandRequest {
  const number = ++last
  return {
    commandId: commandId.parse(newUlid()),
    data: {
      scope: { kind: 'node', site: 'KSEA', node: `gate-${number % NODES}` },
      name: `Primary_Sensor_${number}`,
      target: { kind: 'channel', channelId: randomUUID() },
      description: 'Wind sensor at the gate',
    },
  }
}
