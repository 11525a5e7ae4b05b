import { escapeToken, unescapeToken } from '../../schemas/subjects.ts'

/**
 * What something of the bucket of keys is called there: a sheet, or a person. As tokens of a subject, so that no person's id,
 * whatever stands in it, is the name of a sheet.
 */
export type KeyName = string & { readonly __brand: 'KeyName' }

const SHEETS = 'sheet.'
/** Between a sheet and the place of a key on it; stands in no id of a sheet, nor in one of a key from before there were sheets. */
const PLACE = '.'
/** An event says which key it is sealed with, and so may anybody who forges one: what could mean other names is no key of a sheet. */
const ON_SHEET = /^([A-Za-z0-9_-]{1,64})\.(?:0|[1-9]\d{0,3})$/

export function sheetName(sheet: string): KeyName {
  return `${SHEETS}${sheet}` as KeyName
}

export function personName(person: string): KeyName {
  return escapeToken(person) as KeyName
}

/** The id of the sheet that is called so. */
export function sheetOf(name: KeyName): string {
  return name.slice(SHEETS.length)
}

/** `undefined` where it is the name of a sheet. */
export function personOf(name: KeyName): string | undefined {
  return name.includes('.') ? undefined : unescapeToken(name)
}

/** What the keys there are bound to, so that nowhere else they open: the person, as they are called, or the sheet. */
export function ownerOf(name: KeyName): string {
  return personOf(name) ?? name
}

/** The id of the key at this place of a sheet, from 0 on: what events say that they are sealed with. */
export function keyIdOn(sheet: string, place: number): string {
  return `${sheet}${PLACE}${place}`
}

/** Where the key with this id is kept, which is the person's own name for one that was made before there were sheets, or never. */
export function nameOfKey(id: string, person: string): KeyName {
  const sheet = ON_SHEET.exec(id)?.[1]
  return sheet === undefined ? personName(person) : sheetName(sheet)
}

/** The place on its sheet of a key that is kept on one. */
export function placeOfKey(id: string): number {
  return Number(id.slice(id.indexOf(PLACE) + 1))
}
