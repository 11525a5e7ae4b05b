import test from 'ava'
import { signingKey } from '../../domain/signing-key/signing-key.ts'
import { type SigningKeyCommand, signingKeyCommandData } from '../../schemas/commands/signing-key.ts'
import type { SigningKeyEvent } from '../../schemas/events/signing-key.ts'
import { scenario } from './scenario.ts'

const { given } = scenario(signingKey, '01J00000000000000000000000')
const data = (version: number, signs: string) => ({ version, signs, believed: [signs, 'before'] })
const note = (version: number, signs: string): SigningKeyCommand => ({
  type: 'signing-key.note-rotation',
  data: data(version, signs),
})
const rotated = (version: number, signs: string): SigningKeyEvent => ({
  type: 'signing-key.rotated',
  data: data(version, signs),
})

test('a rotation is noted, also after some that nobody noted', (t) => {
  given([]).when(note(2, 'b')).then(t, rotated(2, 'b'))
  given([rotated(2, 'b')])
    .when(note(5, 'e'))
    .then(t, rotated(5, 'e'))
})

test('noted again it is nothing new', (t) => {
  given([rotated(2, 'b')])
    .when(note(2, 'b'))
    .then(t, undefined)
})

test('what was rotated before, or to another key, is not taken for the newest', (t) => {
  const known = given([rotated(3, 'c')])
  known.when(note(2, 'b')).thenRefused(t, 'older_rotation')
  known.when(note(3, 'x')).thenRefused(t, 'older_rotation')
})

test('the key that signs must be believed', (t) => {
  const shape = signingKeyCommandData['signing-key.note-rotation']
  t.true(shape.safeParse({ version: 2, signs: 'b', believed: ['a', 'b'] }).success)
  t.false(shape.safeParse({ version: 2, signs: 'b', believed: ['a'] }).success)
})
