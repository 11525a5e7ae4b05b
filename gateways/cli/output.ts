/** Where commands write: results on stdout, whatever is for people only on stderr, so that pipes stay clean. */
export interface Output {
  /** A result: one line of JSON with `--json`, else as `humane` tells it. */
  result(value: unknown, humane: () => string): void
  note(line: string): void
}

export function createOutput(json: boolean): Output {
  return {
    result: (value, humane) => process.stdout.write(`${json ? JSON.stringify(value) : humane()}\n`),
    note: (line) => process.stderr.write(`${line}\n`),
  }
}
