import type { Scope } from '../schemas/scope.ts'

const GLOBALLY: Scope = { kind: 'global' }

/** The scopes that a name is looked up in, nearest first: node → site → global; context → global. */
export function resolutionChain(from: Scope): readonly Scope[] {
  switch (from.kind) {
    case 'global':
      return [GLOBALLY]
    case 'site':
    case 'context':
      return [from, GLOBALLY]
    case 'node':
      return [from, { kind: 'site', site: from.site }, GLOBALLY]
  }
}
