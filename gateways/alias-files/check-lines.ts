import type { LookAlikePolicy } from '../../domain/alias/decide-steps.ts'
import { slotsOfName } from '../../domain/alias/slot-index.ts'
import { violationsOf } from '../../commands/violations.ts'
import type { Actor } from '../../schemas/actor.ts'
import { type AliasLine, aliasLine } from '../../schemas/alias-line.ts'
import { scopeText } from '../../schemas/http/scope-text.ts'
import { type Scope, scopeParts } from '../../schemas/scope.ts'
import type { AccessPolicy } from '../../commands/access-policy.ts'
import type { RawLine } from './raw-line.ts'

export type CheckedLine =
  | { readonly line: number; readonly alias: AliasLine; readonly characters: number }
  | { readonly line: number; readonly fault: { readonly code: string; readonly message: string } }

/** Checks lines one after the other, each by itself and beside those before it. Remembers every name. */
export class LineCheck {
  readonly #slots = new Map<string, number>()
  /** Of names that look like another text, by that text's slot. Those of the others are in `#slots` themselves. */
  readonly #looks = new Map<string, number>()
  readonly #scopes = new Map<string, { readonly scope: Scope; readonly isAllowed: boolean }>()
  readonly #mayWrite: (scope: Scope) => boolean
  readonly #lookAlikes: LookAlikePolicy

  constructor(actor: Actor, policy: AccessPolicy, lookAlikes: LookAlikePolicy) {
    this.#mayWrite = (scope) => policy.allows(actor, { action: 'write', on: 'alias', scope })
    this.#lookAlikes = lookAlikes
  }

  /** Every scope that a good line named. */
  get scopes(): readonly Scope[] {
    return [...this.#scopes.values()].filter(({ isAllowed }) => isAllowed).map(({ scope }) => scope)
  }

  has(subject: string): boolean {
    return this.#slots.has(subject)
  }

  concerns(subject: string): boolean {
    return this.#slots.has(subject) || this.#looks.has(subject)
  }

  check(raw: RawLine): CheckedLine {
    const { line } = raw
    if ('fault' in raw) return { line, fault: { code: 'invalid_line', message: raw.fault } }
    const shown = readable(raw.value)
    if ('message' in shown) return { line, fault: { code: 'invalid_line', message: shown.message } }
    const read = aliasLine.safeParse(shown.value)
    if (!read.success) {
      const message = violationsOf(read.error)
        .map((one) => `${one.field}: ${one.message}`)
        .join('; ')
      return { line, fault: { code: 'invalid_line', message } }
    }
    const alias = read.data
    if (!this.#isAllowed(alias.scope))
      return { line, fault: { code: 'forbidden', message: 'this credential may not write in this scope' } }
    const fault = this.#meet(alias, line)
    return fault === undefined ? { line, alias, characters: raw.characters } : { line, fault }
  }

  #isAllowed(scope: Scope): boolean {
    const key = scopeParts(scope).join('\n')
    let known = this.#scopes.get(key)
    if (known === undefined) this.#scopes.set(key, (known = { scope, isAllowed: this.#mayWrite(scope) }))
    return known.isAllowed
  }

  #meet({ scope, name }: AliasLine, line: number): { code: string; message: string } | undefined {
    const [slot, look] = slotsOfName(scope, name)
    const same = this.#slots.get(slot)
    if (same !== undefined) return { code: 'duplicate_line', message: `names the alias of line ${same} again` }
    if (this.#lookAlikes === 'refuse') {
      const like = this.#looks.get(look ?? slot) ?? (look === undefined ? undefined : this.#slots.get(look))
      if (like !== undefined)
        return { code: 'look_alike_taken', message: `"${name}" looks like the name in line ${like}` }
    }
    this.#slots.set(slot, line)
    if (look !== undefined) this.#looks.set(look, line)
    return undefined
  }
}

/** Scopes and targets may be given as people write them: then as what they are read as, or why they cannot be. */
function readable(value: unknown): { readonly value: unknown } | { readonly message: string } {
  if (typeof value !== 'object' || value === null) return { value }
  const { scope, target } = value as { scope?: unknown; target?: unknown }
  if (typeof scope !== 'string' && typeof target !== 'string') return { value }
  const read = typeof scope === 'string' ? scopeText.safeParse(scope) : undefined
  if (read?.success === false) return { message: `scope: ${read.error.issues[0]?.message}` }
  return {
    value: {
      ...value,
      ...(read === undefined ? {} : { scope: read.data }),
      ...(typeof target === 'string' ? { target: targetOf(target) } : {}),
    },
  }
}

function targetOf(text: string): object {
  return /^https?:/i.test(text) ? { kind: 'endpoint', url: text } : { kind: 'channel', channelId: text }
}
