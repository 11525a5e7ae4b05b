import { readFileSync } from 'node:fs'
import type { Config } from '../../../schemas/config.ts'
import { readConfig } from '../../../schemas/read-config.ts'

/** The configuration of this process, from its environment. @throws ConfigError naming every variable that is wrong. */
export function configFromEnvironment(): Config {
  return readConfig(process.env, (path) => readFileSync(path, 'utf8'))
}
