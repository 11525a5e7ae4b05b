import type { ColumnType } from '../../schemas/device-sync/device-tables.ts'
import { timestampMicros } from './timestamp-micros.ts'

/**
 * A value in Postgres' binary form, from the text that Postgres writes of it.
 * @throws RangeError when it is no text of that type, as far as that can be told without Postgres: of what gets past,
 *   Postgres says so, or the read-back does.
 */
export function binaryValue(type: ColumnType, text: string): Buffer {
  const value = FORMS[type](text)
  if (value === undefined)
    throw new RangeError(`a chunk says ${JSON.stringify(text.slice(0, 100))}, which is no ${type}`)
  return value
}

const FORMS: Readonly<Record<ColumnType, (text: string) => Buffer | undefined>> = {
  text: (text) => Buffer.from(text),
  timestamptz(text) {
    const micros = timestampMicros(text)
    return micros === undefined ? undefined : int64(micros)
  },
  numeric,
  bigint: (text) => (INTEGER.test(text) ? int64(BigInt(text)) : undefined),
  integer(text) {
    if (!INTEGER.test(text)) return undefined
    const value = Buffer.alloc(4)
    value.writeInt32BE(Number(text))
    return value
  },
  boolean: (text) => (text === 'true' || text === 'false' ? Buffer.of(text === 'true' ? 1 : 0) : undefined),
  bytea: (text) => (/^\\x(?:[0-9a-f]{2})*$/.test(text) ? Buffer.from(text.slice(2), 'hex') : undefined),
  uuid: (text) => (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text) ? hexOf(text) : undefined),
  'double precision'(text) {
    if (!FLOAT.test(text)) return undefined
    const value = Buffer.alloc(8)
    value.writeDoubleBE(Number(text))
    return value
  },
  jsonb: (text) => Buffer.concat([JSONB_VERSION, Buffer.from(text)]),
}

const INTEGER = /^-?\d{1,19}$/
const FLOAT = /^(?:NaN|-?Infinity|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/
const JSONB_VERSION = Buffer.of(1)

function hexOf(text: string): Buffer {
  return Buffer.from(text.replaceAll('-', ''), 'hex')
}

function int64(number: bigint): Buffer {
  const value = Buffer.alloc(8)
  value.writeBigInt64BE(number)
  return value
}

const NUMERIC = /^(-?)(\d+)(?:\.(\d+))?$/
const SPECIAL: ReadonlyMap<string, number> = new Map([
  ['NaN', 0xc000],
  ['Infinity', 0xd000],
  ['-Infinity', 0xf000],
])
const NEGATIVE = 0x4000
/** Decimal digits in one of Postgres'. */
const GROUP = 4

/** Number of digits (to base 10,000), power of the first, sign, decimal places, digits: 16 bits each. */
function numeric(text: string): Buffer | undefined {
  const special = SPECIAL.get(text)
  if (special !== undefined) return words([0, 0, special, 0])
  const [, sign, whole = '', fraction = ''] = NUMERIC.exec(text) ?? []
  if (sign === undefined) return undefined
  const wholeGroups = Math.ceil(whole.length / GROUP)
  const digits =
    whole.padStart(wholeGroups * GROUP, '0') + fraction.padEnd(Math.ceil(fraction.length / GROUP) * GROUP, '0')
  const groups = Array.from({ length: digits.length / GROUP }, (_, i) =>
    Number(digits.slice(i * GROUP, (i + 1) * GROUP)),
  )
  return words([groups.length, wholeGroups - 1, sign === '' ? 0 : NEGATIVE, fraction.length, ...groups])
}

function words(all: readonly number[]): Buffer {
  const value = Buffer.alloc(all.length * 2)
  for (const [i, word] of all.entries()) value.writeUInt16BE(word, i * 2)
  return value
}
