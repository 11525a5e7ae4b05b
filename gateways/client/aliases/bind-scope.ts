import { z } from 'zod'
import { contextName, nodeName, type Scope, siteName } from '../../../schemas/scope.ts'

/** From where names are asked for: a node of a site, a site, a context, or (`{}`) globally. */
export type BindTo =
  | { readonly site: string; readonly node?: string }
  | { readonly context: string }
  | { readonly site?: undefined; readonly context?: undefined }

const bindTo = z.strictObject({ site: siteName.optional(), node: nodeName.optional(), context: contextName.optional() })

/** @throws RangeError naming the field that cannot be. */
export function scopeToBind(to: BindTo): Scope {
  const { data, error } = bindTo.safeParse(to)
  if (data === undefined)
    throw new RangeError(error.issues.map(({ path, message }) => `${path.join('.') || 'bind'}: ${message}`).join('; '))
  const { site, node, context } = data
  if (context !== undefined && (site !== undefined || node !== undefined))
    throw new RangeError('context: a context is of no site or node; bind either to one or to the other')
  if (node !== undefined && site === undefined) throw new RangeError('node: a node is one of a site; give the site too')
  if (context !== undefined) return { kind: 'context', context }
  if (site === undefined) return { kind: 'global' }
  return node === undefined ? { kind: 'site', site } : { kind: 'node', site, node }
}
