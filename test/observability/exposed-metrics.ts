const TYPE = /^# TYPE (\w+) (\w+)$/
const SAMPLE = /^(\w+)(?:\{(.*)\})? \S+$/
const LABEL = /(\w+)="(?:[^"\\]|\\.)*"/g

/** The metrics of a `/metrics` answer by the names that queries use, each with the labels seen on its samples. */
export function exposedMetrics(text: string): ReadonlyMap<string, ReadonlySet<string>> {
  const labels = new Map<string, Set<string>>()
  for (const line of text.split('\n')) {
    const [, name = '', type] = TYPE.exec(line) ?? []
    if (type === 'histogram') for (const part of ['bucket', 'sum', 'count']) labels.set(`${name}_${part}`, new Set())
    else if (type !== undefined) labels.set(name, new Set())
    const [, sampled = '', list = ''] = SAMPLE.exec(line) ?? []
    for (const [, label = ''] of list.matchAll(LABEL)) labels.get(sampled)?.add(label)
  }
  return labels
}
