import { InvalidArgumentError } from 'commander'
import { formatScopeText } from '../../schemas/http/format-scope-text.ts'
import { scopeText } from '../../schemas/http/scope-text.ts'
import type { Scope } from '../../schemas/scope.ts'

/**
 * A scope as people type it: `global`, `site:KSEA`, `node:KSEA/tower`, `context:frontend`. A `/` or `%` within a name is
 * percent-encoded, as in files and URLs: what is shown can be typed.
 */
export function parseScope(text: string): Scope {
  const read = scopeText.safeParse(text)
  if (read.success) return read.data
  throw new InvalidArgumentError(
    `"${text}" is not a scope: global, site:KSEA, node:KSEA/tower or context:frontend; a "/" within a name is %2F, a "%" is %25`,
  )
}

/** The scope as {@link parseScope} reads it. */
export function formatScope(of: Scope): string {
  return formatScopeText(of)
}
