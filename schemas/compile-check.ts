import type { z } from 'zod'

/** True only if parsing by the schema it was made of would give an equal value back. False says nothing. */
export type Check = (value: unknown) => boolean

/** The parts of a schema that are looked at. */
type Definition = z.core.$ZodTypes['_zod']['def']
type TextCheck = z.core.$ZodChecks['_zod']['def'] | z.core.$ZodCustomDef

const never: Check = () => false

/**
 * Compiles what a schema asks for into plain functions, for values of `JSON.parse` that are expected to fit: a third of
 * what parsing costs, and nothing is copied. Where it says false, parse: that tells what is wrong, if anything is. What is
 * not known here (defaults, transforms, unions that nothing tells apart, checks that wait) is never taken to fit.
 */
export function compileCheck(schema: z.core.$ZodType): Check {
  const { def } = (schema as z.core.$ZodTypes)._zod
  if (def.type === 'string' && !('format' in def)) return text(def.checks ?? [])
  if (def.type === 'string' || def.type === 'number') return parsesToItself(schema)
  if (def.type === 'array') return array(def)
  return refined(composite(def, schema._zod.values), def.checks ?? [])
}

/** With what is asked of a whole record or object. */
function refined(fits: Check, checks: readonly z.core.$ZodCheck[]): Check {
  if (checks.length === 0) return fits
  const all = checks.map(({ _zod: { def } }) => ('fn' in def ? custom(def as z.core.$ZodCustomDef) : never))
  return (value) => fits(value) && all.every((holds) => holds(value))
}

function custom({ fn }: z.core.$ZodCustomDef): Check {
  return (value) => {
    const said: unknown = fn(value)
    return Boolean(said) && !(said instanceof Promise)
  }
}

function parsesToItself(schema: z.core.$ZodType): Check {
  return (value) => {
    const parsed = (schema as z.ZodType).safeParse(value)
    return parsed.success && Object.is(parsed.data, value)
  }
}

function composite(def: Definition, values: ReadonlySet<unknown> = new Set()): Check {
  if (def.type === 'unknown') return () => true
  if (def.type === 'boolean') return (value) => typeof value === 'boolean'
  if (def.type === 'enum' || def.type === 'literal') return (value) => values.has(value)
  if (def.type === 'nullable') {
    const inner = compileCheck(def.innerType)
    return (value) => value === null || inner(value)
  }
  if (def.type === 'record') return record(def)
  if (def.type === 'object') return strictObject(def)
  return def.type === 'union' ? union(def) : never
}

function array({ element, checks = [] }: z.core.$ZodArrayDef): Check {
  const fits = compileCheck(element)
  const least = checks.map(({ _zod: { def } }) => ('minimum' in def ? Number(def.minimum) : Infinity))
  return (value) => Array.isArray(value) && least.every((n) => value.length >= n) && value.every((one) => fits(one))
}

function record({ keyType, valueType }: z.core.$ZodRecordDef): Check {
  // Where the keys are named, each of them is asked for.
  if (keyType._zod.values !== undefined) return never
  const [key, value] = [compileCheck(keyType), compileCheck(valueType)]
  // Parsing leaves out a key that is called __proto__.
  return (given) => isObject(given) && Object.keys(given).every((k) => k !== '__proto__' && key(k) && value(given[k]))
}

function strictObject({ shape, catchall }: z.core.$ZodObjectDef): Check {
  if (catchall?._zod.def.type !== 'never') return never
  const fields = Object.entries(shape).map(([name, schema]) => ({ name, ...field(schema) }))
  return (given) => {
    if (!isObject(given)) return false
    let found = 0
    for (const { name, fits, isOptional } of fields) {
      const value = given[name]
      if (value === undefined && isOptional) continue
      if (value === undefined || !fits(value)) return false
      found++
    }
    // Any other key is one too many, and so is one whose value is undefined. Counted without a list of them.
    for (const _ in given) found--
    return found === 0
  }
}

/** A key may be left out unless something would be put in its place, or is asked of what is left out. */
function field(schema: z.core.$ZodType): { readonly fits: Check; readonly isOptional: boolean } {
  const { def } = (schema as z.core.$ZodTypes)._zod
  const isOptional =
    def.type === 'optional' && def.innerType._zod.optin === undefined && (def.checks ?? []).length === 0
  return { fits: compileCheck(isOptional ? def.innerType : schema), isOptional }
}

/** Of schemas that a property tells apart: each value of it belongs to one. */
function union(def: z.core.$ZodUnionDef): Check {
  if (!('discriminator' in def) || typeof def.discriminator !== 'string') return never
  const { discriminator } = def
  const options = new Map<unknown, Check>()
  for (const option of def.options)
    for (const value of option._zod.propValues?.[discriminator] ?? []) options.set(value, compileCheck(option))
  return (given) => isObject(given) && (options.get(given[discriminator]) ?? never)(given)
}

function text(checks: readonly z.core.$ZodCheck[]): Check {
  const all = checks.map((check) => textCheck(check._zod.def as TextCheck))
  return (value) => {
    if (typeof value !== 'string') return false
    for (const fits of all) if (!fits(value)) return false
    return true
  }
}

function textCheck(def: TextCheck): (text: string) => boolean {
  // Lengths are of code points, each one or two units: where units do not decide, parsing does.
  if (def.check === 'max_length') return (text) => text.length <= def.maximum
  if (def.check === 'min_length') return (text) => text.length >= (def.minimum > 1 ? 2 * def.minimum : def.minimum)
  if (def.check === 'overwrite') return (text) => def.tx(text) === text
  if (def.check === 'custom') return custom(def)
  // Others of these formats ask for more than their pattern.
  if (def.check !== 'string_format' || def.format !== 'regex') return never
  const { pattern } = def
  // Such a pattern remembers where it stopped.
  if (pattern === undefined || pattern.global || pattern.sticky) return never
  return (text) => pattern.test(text)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
