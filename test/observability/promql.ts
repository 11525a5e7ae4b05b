import { parser } from '@prometheus-io/lezer-promql'
import type { SyntaxNode, Tree } from '@lezer/common'

/** A metric as a query selects it: with the labels that it is matched by, or grouped by around it. */
export interface Selection {
  readonly metric: string
  readonly labels: readonly string[]
}

/**
 * What a PromQL expression selects, by Prometheus' own grammar.
 * @throws Error that points to where it is not valid.
 */
export function selectionsOf(expression: string): readonly Selection[] {
  const tree = parser.parse(expression)
  const wrong = nodes(tree).find(({ type }) => type.isError)
  if (wrong !== undefined)
    throw new Error(`not PromQL from character ${wrong.from}: ${JSON.stringify(expression.slice(wrong.from))}`)
  const text = ({ from, to }: SyntaxNode): string => expression.slice(from, to)
  return nodes(tree)
    .filter(({ name }) => name === 'VectorSelector')
    .map((selector) => {
      const metric = selector.getChild('Identifier')
      const matchers = selector.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? []
      const matched = matchers.flatMap((matcher) => matcher.getChildren('LabelName'))
      return {
        metric: metric === null ? '' : text(metric),
        labels: [...matched, ...groupings(selector)].map(text),
      }
    })
}

/** The labels of every aggregation that the node stands in. */
function groupings(node: SyntaxNode): readonly SyntaxNode[] {
  const labels: SyntaxNode[] = []
  for (let at = node.parent; at !== null; at = at.parent) {
    const grouping = at.name === 'AggregateExpr' ? at.getChild('AggregateModifier')?.getChild('GroupingLabels') : null
    labels.push(...(grouping?.getChildren('LabelName') ?? []))
  }
  return labels
}

function nodes(tree: Tree): readonly SyntaxNode[] {
  const all: SyntaxNode[] = []
  tree.iterate({ enter: ({ node }) => void all.push(node) })
  return all
}
