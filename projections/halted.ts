import type { Halt } from './checkpoint.ts'

/** The projector cannot go on from where it stands; `at` is the position of the event in its way, if it is one. */
export class Halted extends Error {
  override readonly name = 'Halted'
  readonly halt: Halt
  readonly at: number | null

  constructor(halt: Halt, at: number | null, message: string, options?: ErrorOptions) {
    super(message, options)
    this.halt = halt
    this.at = at
  }
}
