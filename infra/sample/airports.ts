import { readFile } from 'node:fs/promises'
import { parse } from 'csv-parse/sync'
import { z } from 'zod'

const airport = z.object({
  iata: z.string().min(1),
  name: z.string(),
  city: z.string(),
  state: z.string(),
  country: z.string(),
  latitude: z.coerce.number(),
  longitude: z.coerce.number(),
})

/** One real site of the sample. */
export type Airport = z.infer<typeof airport>

/** The 3,376 airports of `airports.csv` in vega-datasets (BSD-3-Clause, from US government data), in file order. */
export async function airports(): Promise<Airport[]> {
  // The package exports its index only, so its data is found beside it.
  const file = new URL('../data/airports.csv', import.meta.resolve('vega-datasets'))
  return z.array(airport).parse(parse(await readFile(file), { columns: true, skip_empty_lines: true }))
}
