/**
 * Dependencies point one way: schemas ← domain ← commands | projections ← gateways | edge-agent.
 * `infra` implements the ports that the others declare, and is wired only where programs begin.
 */

const { Visitor } = require('@swc/core/Visitor.js')

// swc's visitor stops at `using` declarations, which are younger than it: look into them as into any declaration.
const { visitStatement } = Visitor.prototype
Visitor.prototype.visitStatement = function (statement) {
  if (statement.type !== 'UsingDeclaration') return visitStatement.call(this, statement)
  this.visitVariableDeclarators(statement.decls)
  return statement
}

/** A file of ours in one of these top-level folders. */
const inside = (...folders) => `^(${folders.join('|')})/`
const OURS = inside('schemas', 'domain', 'commands', 'projections', 'gateways', 'edge-agent', 'infra', 'test', 'bench')

/** Where programs begin: nothing needs to import these, and only they know every layer. */
const MAINS = ['^gateways/cli/', '^edge-agent/main\\.ts$', '^(test|bench)/']

/** `folder` may import, of our own code, only itself and `allowed`. Packages are no concern of this rule. */
const layer = (folder, ...allowed) => ({
  name: `${folder}-imports-only-${[folder, ...allowed].join('-')}`,
  comment: `${folder}/ may import only ${[folder, ...allowed].map((name) => `${name}/`).join(', ')}.`,
  severity: 'error',
  from: { path: inside(folder) },
  to: { path: OURS, pathNot: inside(folder, ...allowed) },
})

module.exports = {
  forbidden: [
    layer('schemas'),
    layer('domain', 'schemas'),
    layer('commands', 'domain', 'schemas'),
    layer('projections', 'domain', 'schemas'),
    layer('infra', 'schemas', 'domain', 'commands', 'projections'),
    {
      name: 'gateways-know-no-infra',
      comment: 'A gateway takes ports as arguments; infra is wired in gateways/cli/.',
      severity: 'error',
      from: { path: '^gateways/', pathNot: '^gateways/cli/' },
      to: { path: inside('infra', 'edge-agent', 'test', 'bench') },
    },
    {
      name: 'edge-agent-stands-alone',
      comment: 'The agent runs on devices: of the platform it knows schemas and domain only.',
      severity: 'error',
      from: { path: '^edge-agent/' },
      to: { path: OURS, pathNot: inside('edge-agent', 'schemas', 'domain', 'infra') },
    },
    {
      name: 'edge-agent-wires-infra-in-main',
      severity: 'error',
      from: { path: '^edge-agent/', pathNot: '^edge-agent/main\\.ts$' },
      to: { path: '^infra/' },
    },
    {
      name: 'domain-is-pure',
      comment: 'No I/O, no clock, no randomness: no Node built-in, and of packages only zod.',
      severity: 'error',
      from: { path: '^domain/' },
      to: {
        dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-optional', 'npm-peer'],
        pathNot: '(^|node_modules/)zod(/|$)',
      },
    },
    {
      name: 'no-test-code-in-the-product',
      severity: 'error',
      from: { path: OURS, pathNot: inside('test', 'bench') },
      to: { path: inside('test', 'bench') },
    },
    {
      name: 'no-dev-packages-in-the-product',
      comment: 'What ships may import only what is installed with it.',
      severity: 'error',
      from: { path: OURS, pathNot: inside('test', 'bench') },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-circular',
      comment: 'Not by types either: what two files need of each other is a file of its own.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment: 'Nothing imports it and it imports nothing: dead, unless a program begins in it.',
      severity: 'error',
      from: { orphan: true, path: OURS, pathNot: [...MAINS, '^infra/build/', '^schemas/'] },
      to: {},
    },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    // TypeScript 7 has no parser API for JavaScript programs, so swc reads the sources (type-only imports included).
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['^dist/', '^bench/peers/', '^\\.pharos/'] },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.json', '.d.ts'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
}
