import { z } from 'zod'
import { type Scope, scope } from '../scope.ts'

/**
 * A scope as one query parameter: `global`, `site:<s>`, `node:<s>/<n>`, `context:<c>`. A `/` or `%` within a site's or
 * node's name is percent-encoded.
 */
export const scopeText = z.string().transform((text, context): Scope => {
  const read = scope.safeParse(parts(text))
  if (read.success) return read.data
  context.addIssue('must be global, site:<site>, node:<site>/<node> or context:<context>')
  return z.NEVER
})

function parts(text: string): unknown {
  const [, kind, rest = ''] = /^(global|site|node|context)(?::(.*))?$/s.exec(text) ?? []
  const names = rest.split('/').map(decode)
  switch (kind) {
    case 'global':
      return text === 'global' ? { kind } : undefined
    case 'site':
      return names.length === 1 ? { kind, site: names[0] } : undefined
    case 'node':
      return names.length === 2 ? { kind, site: names[0], node: names[1] } : undefined
    case 'context':
      return names.length === 1 ? { kind, context: names[0] } : undefined
    case undefined:
    default:
      return undefined
  }
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
