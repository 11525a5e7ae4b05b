import { z } from 'zod'
import { type IndexScope, indexScope } from '../alias-index.ts'
import { scopeText } from './scope-text.ts'

/** An index scope as one path parameter: `global`, `site:<s>`, `context:<c>`. The nodes of a site are in the site's index. */
export const indexScopeText = scopeText.transform((scope, context): IndexScope => {
  const read = indexScope.safeParse(scope)
  if (read.success) return read.data
  context.addIssue('must be global, site:<site> or context:<context>; a node is in the index of its site')
  return z.NEVER
})
