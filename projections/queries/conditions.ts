/** SQL conditions that must all hold, with the values that they speak of. */
export class Conditions {
  readonly values: unknown[] = []
  readonly #conditions = ['true']

  constructor(equal: Readonly<Record<string, string | undefined>>) {
    for (const [column, value] of Object.entries(equal))
      if (value !== undefined) this.add(`${column} = ${this.value(value)}`)
  }

  get text(): string {
    return this.#conditions.join(' and ')
  }

  add(condition: string): void {
    this.#conditions.push(condition)
  }

  /** The parameter that stands for the value. */
  value(of: unknown): string {
    return `$${this.values.push(of)}`
  }
}
