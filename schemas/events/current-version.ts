import type { Upcasters } from './upcaster.ts'
import { upcasters } from './upcasters.ts'

/** The version that events of this name are written in. @throws RangeError when there is no such event. */
export function currentVersion(name: string, known: Upcasters = upcasters): number {
  const steps = Object.hasOwn(known, name) ? known[name] : undefined
  if (steps === undefined) throw new RangeError(`there is no event ${name}`)
  return steps.length + 1
}

/** `alias.registered` → `pharos.alias.registered.v1`, as it is written now. */
export function currentType(name: string): string {
  return `pharos.${name}.v${currentVersion(name)}`
}

/** The newest version of each of these events: what a projector says that it knows. */
export function currentVersions(names: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries(names.map((name) => [name, currentVersion(name)]))
}
