import test from 'ava'
import { aliasIndex } from '../../domain/alias-index/alias-index.ts'
import { indexSubject } from '../../domain/alias-index/index-subject.ts'
import type { AliasIndexEvent } from '../../schemas/events/alias-index.ts'
import { scenario } from './scenario.ts'

const scope = { kind: 'site', site: 'a.b' } as const
const { given } = scenario(aliasIndex, 'unused')

function published(version: number, position: number): AliasIndexEvent {
  return { type: 'index.published', data: { scope, version, position } }
}

function publish(version: number, position: number) {
  return { type: 'index.publish', data: { scope, version, position } } as const
}

test('the first version', (t) => given([]).when(publish(1, 7)).then(t, published(1, 7)))
test('the next version', (t) =>
  given([published(1, 7)])
    .when(publish(2, 7))
    .then(t, published(2, 7)))
test('numbers may be left out', (t) =>
  given([published(1, 7)])
    .when(publish(9, 8))
    .then(t, published(9, 8)))
test('a number is used once', (t) =>
  given([published(2, 7)])
    .when(publish(2, 8))
    .thenRefused(t, 'version_taken'))
test('a version knows no less than the one before', (t) =>
  given([published(2, 7)])
    .when(publish(3, 6))
    .thenRefused(t, 'position_behind'))

test('each index scope is an aggregate of its own', (t) => {
  t.is(String(indexSubject(scope)), 'evt.alias-index.site.a=2Eb')
  t.is(String(indexSubject({ kind: 'global' })), 'evt.alias-index.global')
})
