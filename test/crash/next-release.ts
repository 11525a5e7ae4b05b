import { type LoadFnOutput, registerHooks } from 'node:module'

/**
 * Imported before anything else, it makes of this version the next one: `channel.described` has another shape and
 * `alias.retargeted` another version, and Postgres is migrated by one file more. So what runs without it is an older
 * version that does not know what the next one writes.
 */
const EDITS: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  '/schemas/events/upcasters.ts': [
    [`'channel.described': []`, `'channel.described': [({ changes, ...rest }) => ({ ...rest, changed: changes })]`],
    [`'alias.retargeted': []`, `'alias.retargeted': [(data) => data]`],
  ],
  '/schemas/events/channel.ts': [
    [
      `'channel.described': z.strictObject({ channelId, changes:`,
      `'channel.described': z.strictObject({ channelId, changed:`,
    ],
  ],
  '/domain/channel/channel.ts': [
    ['data: { channelId, changes } }', 'data: { channelId, changed: changes } }'],
    ['event.data.changes', 'event.data.changed'],
  ],
  '/infra/postgres/migration-names.ts': [
    [`new URL('../migrations/', import.meta.url)`, `new URL(process.env['NEXT_RELEASE_MIGRATIONS'])`],
  ],
}

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    const [, edits] = Object.entries(EDITS).find(([path]) => url.endsWith(path)) ?? []
    if (edits === undefined) return loaded
    return {
      ...loaded,
      source: edits.reduce((source, edit) => replaceOnce(url, source, edit), sourceText(loaded.source)),
    }
  },
})

function sourceText(source: LoadFnOutput['source']): string {
  return typeof source === 'string' ? source : Buffer.from(source as Uint8Array).toString()
}

/** Code that was changed since is no reason to run two processes of the same version and call it a test. */
function replaceOnce(url: string, source: string, [from, to]: readonly [string, string]): string {
  if (source.split(from).length !== 2) throw new Error(`${url} does not have "${from}" once`)
  return source.replace(from, () => to)
}
