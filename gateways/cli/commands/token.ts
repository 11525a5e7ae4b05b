import { Command, Option } from 'commander'
import { ROLES, type Role } from '../../../schemas/actor.ts'
import { type Scope, scope as scopeSchema } from '../../../schemas/scope.ts'
import { issueToken } from '../../authentication/issue-token.ts'
import { createOutput } from '../output.ts'
import { configFromEnvironment } from '../platform/environment.ts'
import { secretOf } from '../platform/secret.ts'
import { parseScope } from '../scope-argument.ts'

interface Options {
  readonly role: Role
  readonly subject: string
  readonly scope: readonly Scope[]
  readonly ttl?: number
  readonly json?: true
}

/** `pharos token`: prints a token and nothing else. Whoever may read the secret may make any. */
export function tokenCommand(): Command {
  return new Command('token')
    .description('print a token for the API')
    .addOption(new Option('--role <role>', 'what its holder may do').choices([...ROLES]).makeOptionMandatory())
    .option('--subject <name>', 'who its holder is', process.env['USER'] ?? 'cli')
    .option(
      '--scope <scope>',
      'confine it: global, site:KSEA, node:KSEA/tower, context:frontend (repeatable)',
      collect,
      [],
    )
    .option('--ttl <seconds>', 'life time; TOKEN_EXPIRATION if left out', seconds)
    .option('--json', 'as JSON, with its life time')
    .action(async ({ role, subject, scope, ttl, json }: Options) => {
      const config = configFromEnvironment()
      const ttlSeconds = ttl ?? config.TOKEN_EXPIRATION
      const token = await issueToken(await secretOf(config), {
        sub: subject,
        roles: [role],
        ...(scope.length > 0 ? { scopes: scope } : {}),
        ttlSeconds,
        issuer: config.TOKEN_ISSUER,
        audience: config.TOKEN_AUDIENCE,
        at: Date.now(),
      })
      createOutput(json === true).result({ token, expiresIn: ttlSeconds }, () => token)
    })
}

function collect(text: string, known: readonly Scope[]): readonly Scope[] {
  return [...known, scopeSchema.parse(parseScope(text))]
}

function seconds(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new RangeError('--ttl must be a whole number of seconds, at least 1')
  return value
}
