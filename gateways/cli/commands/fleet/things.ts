import { Argument, InvalidArgumentError } from 'commander'
import { FLEET_PATHS } from '../../../../schemas/http/fleet.ts'
import { FLEET_KINDS, type FleetKind, type FleetView } from '../../../../schemas/queries/fleet.ts'

/** `<kind>`: company, location, group, user, area or device; the plural will do. */
export function kindArgument(kinds: readonly FleetKind[] = FLEET_KINDS): Argument {
  return new Argument('<kind>', kinds.join(', ')).argParser((text) => {
    const kind = kinds.find((one) => one === text || FLEET_PATHS[one] === text)
    if (kind === undefined) throw new InvalidArgumentError(`one of ${kinds.join(', ')}`)
    return kind
  })
}

export function idOf(kind: FleetKind, thing: FleetView): string {
  return String(Reflect.get(thing, `${kind}Id`))
}

/** One line in a list: the id, what it is called, and where it belongs. */
export function row(kind: FleetKind, thing: FleetView): string {
  const shown: Readonly<Record<FleetKind, readonly string[]>> = {
    company: ['name'],
    location: ['name', 'companyId'],
    group: ['name', 'companyId'],
    user: ['name', 'companyId', 'email'],
    area: ['name', 'locationId'],
    device: ['mac', 'locationId', 'name'],
  }
  const values = shown[kind].map((field) => String(Reflect.get(thing, field) ?? '-').padEnd(24))
  return `${idOf(kind, thing).padEnd(24)} ${values.join(' ')}`.trimEnd()
}

/** Everything that is known of it, a line each. */
export function details(thing: object): string {
  return Object.entries(thing)
    .map(([field, value]) => `${field.padEnd(14)}${value ?? '-'}`)
    .join('\n')
}
