import { type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import type { ArrivedCommand } from '../../commands/arrived-command.ts'
import type { CommandBus } from '../../commands/command-bus.ts'
import type { CommandResult } from '../../schemas/command.ts'
import type { Metrics } from './metrics.ts'
import { contextOf, traceparentOf } from './traceparent.ts'

const UNKNOWN = 'unknown'
const SERVER = { kind: SpanKind.SERVER }

/** The same bus, with every command counted, timed, and in a span whose context goes into the command's events. */
export function observeCommandBus(bus: CommandBus, metrics: Metrics): CommandBus {
  const tracer = trace.getTracer('pharos')
  const known = new Set(bus.types)
  return {
    types: bus.types,
    dispatch(command) {
      const type = known.has(command.type) ? command.type : UNKNOWN
      const started = performance.now()
      const count = (status: string) => metrics.command(type, status, (performance.now() - started) / 1000)
      return traced(command, type).then(
        (result) => {
          count(result.status)
          return result
        },
        (error: unknown) => {
          count('error')
          throw error
        },
      )
    },
  }

  function traced(command: ArrivedCommand, type: string): Promise<CommandResult> {
    const span = tracer.startSpan(`command ${type}`, SERVER, contextOf(command.traceparent))
    // Most commands are not sampled, or nobody traces at all: their events do not name a trace that nobody will ever see.
    if (!span.isRecording() && command.traceparent === undefined) return bus.dispatch(command)
    const traceparent = traceparentOf(span) ?? command.traceparent
    const carried = traceparent === undefined ? command : { ...command, traceparent }
    return span.isRecording() ? recorded(carried, span) : bus.dispatch(carried)
  }

  async function recorded(command: ArrivedCommand, span: Span): Promise<CommandResult> {
    try {
      const result = await bus.dispatch(command)
      span.setAttribute('pharos.status', result.status)
      return result
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR })
      span.recordException(error instanceof Error ? error : String(error))
      throw error
    } finally {
      span.end()
    }
  }
}
