import { Command } from 'commander'
import type { ChannelView } from '../../../../schemas/queries/channel.ts'
import type { ObservationView } from '../../../../schemas/queries/observation.ts'
import { createOutput } from '../../output.ts'
import { openClient } from '../../platform/open-client.ts'
import { ask } from './ask.ts'
import { findChannel } from './find-channel.ts'

interface Options {
  readonly name?: string
  readonly search?: string
  readonly device?: string
  readonly retired?: true
  readonly limit: string
  readonly json?: true
}

/** The commands that look channels up. */
export function channelReads(): Command[] {
  return [
    new Command('list')
      .description('channels, by name')
      .option('--name <name>', 'of exactly this name')
      .option('--search <words>', 'words, or how words begin')
      .option('--device <id>', 'that this device observes')
      .option('--retired', 'those that are retired, too')
      .option('--limit <n>', 'at most so many', '100')
      .option('--json')
      .action(list),
    new Command('show')
      .description('one channel, its names, and its newest observation')
      .argument('<channel>', 'its UUID, or its name if no other has it')
      .option('--json')
      .action(show),
  ]
}

async function list({ limit, json, retired, ...filter }: Options): Promise<void> {
  await using client = await openClient()
  const page = await ask(client, 'channel.list', { ...filter, retired: retired === true, limit: Number(limit) })
  const more = page.nextCursor === null ? [] : ['… and more: raise --limit']
  createOutput(json === true).result(page, () => [...page.channels.map(row), ...more].join('\n'))
}

async function show(text: string, { json }: Options): Promise<void> {
  await using client = await openClient()
  const channel = await findChannel(client, text)
  const { uuid } = channel
  const [named, newest] = await Promise.all([
    ask(client, 'alias.list', { target: { kind: 'channel', channelId: uuid }, limit: 100 }),
    client.query('observation.get', { channelId: uuid }),
  ])
  const observation = newest.status === 'ok' ? newest.value : null
  const { aliases } = named
  createOutput(json === true).result({ channel, aliases, observation }, () =>
    details(
      channel,
      aliases.map(({ name }) => name),
      observation,
    ),
  )
}

function row({ uuid, name, secondary, unit, device, retiredAt }: ChannelView): string {
  const marks = [unit, device === null ? null : `of ${device}`, retiredAt === null ? null : '(retired)']
  const called = secondary === null ? name : `${name} / ${secondary}`
  return `${uuid}  ${called.padEnd(40)} ${marks.filter((mark) => mark !== null).join('  ')}`.trimEnd()
}

function details(channel: ChannelView, aliases: readonly string[], observation: ObservationView | null): string {
  const { id, uuid, name, secondary, description, author, target, unit, device, createdAt, retiredAt, meta } = channel
  const value = observation === null ? 'never observed' : `${observation.value} ${unit ?? ''} at ${observation.ts}Z`
  return Object.entries({
    name,
    secondary,
    uuid,
    id,
    aliases: aliases.join(', '),
    newest: value,
    description,
    target,
    device,
    meta,
  })
    .concat(Object.entries({ registered: `${createdAt} by ${author}`, retired: retiredAt }))
    .filter(([, of]) => of !== null && of !== '')
    .map(([label, of]) => `${label.padEnd(12)}${of}`)
    .join('\n')
}
