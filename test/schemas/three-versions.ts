import { z } from 'zod'
import type { AggregateDefinition } from '../../commands/command-handler.ts'
import { accept, type Decider } from '../../domain/decider.ts'
import type { Projector } from '../../projections/projector.ts'
import type { Envelope } from '../../schemas/envelope.ts'
import { currentVersion } from '../../schemas/events/current-version.ts'
import { upcast } from '../../schemas/events/upcast.ts'
import type { Upcasters } from '../../schemas/events/upcaster.ts'
import { aggregateSubject } from '../../schemas/subjects.ts'

/**
 * An event of the tests only, as three releases knew it: v1 `{celsius}`, v2 `{value, unit}`, v3 `{kelvin}`.
 * `version` is the release: all of them are made of the same parts.
 */
export function measured(version: 1 | 2 | 3) {
  const steps: Upcasters[string] = [
    ({ celsius }) => ({ value: celsius, unit: 'C' }),
    ({ value, unit }) => ({ kelvin: Number(value) + (unit === 'C' ? 273 : 0) }),
  ]
  const known: Upcasters = { 'gauge.measured': steps.slice(0, version - 1) }
  const shape = {
    1: z.strictObject({ celsius: z.number() }),
    2: z.strictObject({ value: z.number(), unit: z.string() }),
    3: z.strictObject({ kelvin: z.number() }),
  }[version]
  type Measured = { readonly type: 'gauge.measured'; readonly data: Record<string, unknown> }
  type Measure = { readonly type: 'gauge.measure'; readonly data: { readonly degrees: number } }
  type State = { readonly seen: readonly unknown[] }

  const readEvent = (envelope: Pick<Envelope, 'type' | 'data'>): Measured => ({
    type: 'gauge.measured',
    data: shape.parse(upcast(envelope, known).data),
  })
  const written = (degrees: number): Record<string, unknown> =>
    ({ 1: { celsius: degrees }, 2: { value: degrees, unit: 'C' }, 3: { kelvin: degrees + 273 } })[version]
  const decider: Decider<State, Measure, Measured> = {
    initialState: { seen: [] },
    evolve: ({ seen }, { data }) => ({ seen: [...seen, data] }),
    // What it has seen so far is in the new event's place among them: a refusal would need no such thing.
    decide: (command, [state]) =>
      state?.seen.some((data) => JSON.stringify(data) === JSON.stringify(written(command.data.degrees))) === true
        ? accept()
        : accept({ type: 'gauge.measured', data: written(command.data.degrees) }),
  }
  const definition: AggregateDefinition<State, Measure, Measured> = {
    decider,
    commands: {
      'gauge.measure': {
        data: z.strictObject({ degrees: z.number() }),
        aggregates: () => [aggregateSubject('gauge', 'one')],
        permission: () => ({ action: 'write', on: 'alias', scope: { kind: 'global' } }),
      },
    },
    readEvent,
    versionOf: (name) => currentVersion(name, known),
  }
  const projector: Projector = {
    name: 'gauges',
    version,
    subjects: ['evt.gauge.>'],
    eventVersions: { 'gauge.measured': currentVersion('gauge.measured', known) },
    tables: 'create table gauges (position bigint primary key, data jsonb not null)',
    completion: ['create index gauges_data on gauges using gin (data)'],
    views: { gauges: 'select position, data from gauges' },
    async apply(batch, transaction) {
      for (const { sequence, envelope } of batch)
        await transaction.query('insert into gauges (position, data) values ($1, $2::jsonb)', [
          sequence,
          JSON.stringify(readEvent(envelope).data),
        ])
    },
  }
  return { definition, projector, readEvent }
}
