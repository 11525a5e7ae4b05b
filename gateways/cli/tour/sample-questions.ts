import type { AliasQueryInput } from '../../../schemas/queries/alias.ts'

/** A name, where it is asked, and the level at which the sample has it. */
export interface SampleQuestion {
  readonly level: string
  readonly from: AliasQueryInput<'alias.resolve'>['from']
  readonly name: string
}

/** One question for each level at which a name can be found, all about things that the sample has. */
export const SAMPLE_QUESTIONS = [
  { level: 'node', from: { kind: 'node', site: 'SEA', node: 'tower' }, name: 'primary_sensor' },
  { level: 'site', from: { kind: 'node', site: 'SEA', node: 'tower' }, name: 'MAIN_POWER_FEED' },
  { level: 'global', from: { kind: 'node', site: 'SEA', node: 'tower' }, name: 'Master_Clock' },
  { level: 'context', from: { kind: 'context', context: 'frontend' }, name: 'user_profile' },
] as const satisfies readonly SampleQuestion[]
