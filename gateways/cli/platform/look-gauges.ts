import { Gauge, type Registry } from 'prom-client'

/** All gauges of one scrape tell of one look, this old at most, in milliseconds. */
const LOOK_MS = 1000

/** Makes gauges that are set, whenever they are scraped, from one look that they share. */
export function lookGauges<Look>(registry: Registry, look: () => Promise<Look>) {
  const shared = memorized(look)
  return <Label extends string = never>(
    name: `pharos_${string}`,
    help: string,
    labelNames: readonly Label[],
    set: (gauge: Gauge<Label>, look: Look) => void,
  ): Gauge<Label> =>
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      async collect() {
        const seen = await shared()
        this.reset()
        set(this, seen)
      },
    })
}

function memorized<Value>(get: () => Promise<Value>): () => Promise<Value> {
  let last: { readonly value: Promise<Value>; readonly at: number } | undefined
  return () => {
    if (last === undefined || performance.now() - last.at > LOOK_MS) last = { value: get(), at: performance.now() }
    return last.value
  }
}
