import test from 'ava'
import fc from 'fast-check'
import { nameKey } from '../../domain/alias/name-key.ts'

const same = (a: string, b: string) => test(`${a} and ${b} are one name`, (t) => t.is(nameKey(a), nameKey(b)))
same('Main_Power_Feed', 'MAIN_power_FEED')
same('Straße', 'STRASSE')
same('ﬁlter', 'Filter')
same('ΟΔΟΣ', 'οδος')
same('Ｐｕｍｐ', 'pump')
same('Caf\u00e9', 'Cafe\u0301')

test('other names stay apart', (t) => {
  t.not(nameKey('Pump_1'), nameKey('Pump_2'))
  t.not(nameKey('Pump 1'), nameKey('Pump_1'))
})
test('the key of a key is itself', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (name) => nameKey(nameKey(name)) === nameKey(name)),
      { numRuns: 2000 },
    ),
  )
})
test('every single code point folds to a stable key', (t) => {
  const unstable: string[] = []
  for (let code = 0; code < 0x30000; code++) {
    if (code >= 0xd800 && code <= 0xdfff) continue
    const key = nameKey(String.fromCodePoint(code))
    if (nameKey(key) !== key) unstable.push(code.toString(16))
  }
  t.deepEqual(unstable, [])
})
