import { z } from 'zod'
import { fitsToken } from './subjects.ts'

const namePart = (what: string) =>
  z
    .string()
    .min(1, `${what} must not be empty`)
    .max(128, `${what} is at most 128 characters`)
    .refine(
      (text) => text.isWellFormed() && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text),
      `${what} must not hold control characters`,
    )
    .refine((text) => text.trim() === text, `${what} must not begin or end with a space`)
    .refine(fitsToken, `${what} is too long: its escaped form is at most 512 bytes`)

/** The one context name that is taken: `global` stands for the global scope in URLs and tables. */
export const GLOBAL = 'global'

/** A site: a place with nodes, `KSEA`. */
export const siteName = namePart('site')
/** A node of a site: the machine that a name is about. */
export const nodeName = namePart('node')
/** A context that endpoint names live in: `frontend`, `backend`, `system`. */
export const contextName = namePart('context').refine(
  (text) => text.toLowerCase() !== GLOBAL,
  '"global" is the global scope, not a context',
)

/** Where a name is valid. A node's scope includes its site: nodes of two sites may share a name. */
export const scope = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('global') }),
  z.strictObject({ kind: z.literal('site'), site: siteName }),
  z.strictObject({ kind: z.literal('node'), site: siteName, node: nodeName }),
  z.strictObject({ kind: z.literal('context'), context: contextName }),
])
export type Scope = z.infer<typeof scope>

/** The parts of a scope as separate texts, for subjects and tables: `['node', 'KSEA', 'gate-4']`. */
export function scopeParts(of: Scope): readonly [kind: Scope['kind'], ...names: string[]] {
  switch (of.kind) {
    case 'global':
      return ['global']
    case 'site':
      return ['site', of.site]
    case 'node':
      return ['node', of.site, of.node]
    case 'context':
      return ['context', of.context]
  }
}
