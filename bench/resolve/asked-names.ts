import { aliasNameAt, type FleetIndex } from './fleet-index.ts'

/** Every tenth name is given nowhere. */
const MISSING = 10

/**
 * Names as a client of one node asks for them: a third of each level, each spelled with upper and lower case at random,
 * a tenth of them unknown. Strings of their own, as if they had come in messages.
 */
export function askedNames(count: number, node: string, { global, perLevel }: FleetIndex): readonly string[] {
  const levels = [
    [node, perLevel],
    ['site', perLevel],
    ['global', global],
  ] as const
  return Array.from({ length: count }, (_, i) => {
    const [level, size] = levels[i % levels.length] ?? levels[0]
    const row = i % MISSING === MISSING - 1 ? size + i : Math.floor(Math.random() * size)
    return mixedCase(aliasNameAt(level, row))
  })
}

function mixedCase(name: string): string {
  const letters = name.replaceAll(/[a-z]/gi, (letter) =>
    Math.random() < 0.5 ? letter.toUpperCase() : letter.toLowerCase(),
  )
  return Buffer.from(letters).toString()
}
