import { hash } from 'node:crypto'
import { type CommandId, commandId } from '../schemas/ids.ts'

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** The command id that stands for these texts: whoever sends the same again, after a crash too, is told the first outcome. */
export function derivedCommandId(...texts: readonly string[]): CommandId {
  let rest = BigInt(`0x${hash('sha256', texts.join('\n')).slice(0, 32)}`)
  let text = ''
  for (let i = 0; i < 26; i++, rest >>= 5n) text = ALPHABET.charAt(Number(rest & 31n)) + text
  return commandId.parse(text)
}
