import { nameKey } from '../../domain/alias/name-key.ts'
import { aliasNameAt, type FleetIndex, NODES, nodeName } from './fleet-index.ts'

/** What a site and global hold, as one would without this client: a `Map` of prepared keys a level, an object a name. */
export function plainMaps({ global, perLevel }: FleetIndex): ReadonlyMap<string, ReadonlyMap<string, object>> {
  const nodes = Array.from({ length: NODES }, (_, node) => nodeName(node))
  const levels = [...nodes, 'site'].map((level): [string, number] => [level, perLevel])
  return new Map([...levels, ['global', global] as const].map(([level, count]) => [level, plainMap(level, count)]))
}

function plainMap(level: string, count: number): ReadonlyMap<string, object> {
  const map = new Map<string, object>()
  for (let i = 0; i < count; i++) {
    const name = aliasNameAt(level, i)
    map.set(Buffer.from(nameKey(name)).toString(), { name, target: crypto.randomUUID(), id: i, expiresAt: 0 })
  }
  return map
}
