import { InvalidArgumentError } from 'commander'
import { type Scope, scope } from '../../schemas/scope.ts'

/** A scope as people type it: `global`, `site:KSEA`, `node:KSEA/tower`, `context:frontend`. The node is what follows the last `/`. */
export function parseScope(text: string): Scope {
  const separator = text.indexOf(':')
  const kind = separator === -1 ? text : text.slice(0, separator)
  const rest = separator === -1 ? '' : text.slice(separator + 1)
  const slash = rest.lastIndexOf('/')
  const parsed = scope.safeParse(
    kind === 'global' && separator === -1
      ? { kind }
      : kind === 'site'
        ? { kind, site: rest }
        : kind === 'node' && slash > 0
          ? { kind, site: rest.slice(0, slash), node: rest.slice(slash + 1) }
          : { kind, context: rest },
  )
  if (parsed.success) return parsed.data
  throw new InvalidArgumentError(`"${text}" is not a scope: global, site:KSEA, node:KSEA/tower or context:frontend`)
}

/** The scope as people type it. */
export function formatScope(of: Scope): string {
  switch (of.kind) {
    case 'global':
      return 'global'
    case 'site':
      return `site:${of.site}`
    case 'node':
      return `node:${of.site}/${of.node}`
    case 'context':
      return `context:${of.context}`
  }
}
