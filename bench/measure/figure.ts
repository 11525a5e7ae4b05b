/** One measured number beside the raw ceiling of the same run: what the same servers do with nothing of ours on top. */
export interface Figure {
  /** `<bench>.<what>`. */
  readonly figure: string
  readonly value: number
  readonly unit: string
  readonly ceiling: number
}

/** The line that stands for a figure on stdout. `ratio` is value / ceiling: above 1 is good for rates, below 1 for times. */
export function figureLine({ figure, value, unit, ceiling }: Figure): string {
  return JSON.stringify({
    figure,
    value: rounded(value),
    unit,
    ceiling: rounded(ceiling),
    ratio: rounded(value / ceiling),
  })
}

/** Four digits: no run of a shared machine is more exact. */
function rounded(value: number): number {
  return value >= 1000 ? Math.round(value) : Number(value.toPrecision(4))
}
