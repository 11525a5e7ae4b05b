import type { FastifyServerOptions } from 'fastify'
import { validatorCompiler } from 'fastify-type-provider-zod'

type Compilers = NonNullable<NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']>

/**
 * What arrives is checked by zod. What we answer is typed; its schemas describe it to others and need not run on every
 * reply. Given to Fastify as it begins, since it loads Ajv and a serializer (50 ms of a start) where these are only set
 * afterwards.
 */
export const schemaCompilers: Compilers = {
  // Typed by Ajv, which it would load, and called as any other compiler of validators.
  buildValidator: (() => validatorCompiler) as unknown as NonNullable<Compilers['buildValidator']>,
  buildSerializer: () => () => (data: unknown) => JSON.stringify(data),
}
