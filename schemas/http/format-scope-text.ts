import type { Scope } from '../scope.ts'

/**
 * A scope as one text that `scopeText` reads: `global`, `site:KSEA`, `node:KSEA/gate-4`, `context:frontend`. Only `/` and
 * `%` within names are percent-encoded, so that people can read it.
 */
export function formatScopeText(of: Scope): string {
  switch (of.kind) {
    case 'global':
      return 'global'
    case 'site':
      return `site:${escaped(of.site)}`
    case 'node':
      return `node:${escaped(of.site)}/${escaped(of.node)}`
    case 'context':
      return `context:${escaped(of.context)}`
  }
}

function escaped(name: string): string {
  return name.replaceAll('%', '%25').replaceAll('/', '%2F')
}
