import { type AggregateSubject, aggregateSubject } from '../../schemas/subjects.ts'

/** The subject that holds all that happened to one thing of the fleet. */
const subjectOf =
  (kind: string) =>
  (id: string): AggregateSubject =>
    aggregateSubject(kind, id)

export const companySubject = subjectOf('company')
export const locationSubject = subjectOf('location')
export const groupSubject = subjectOf('group')
export const userSubject = subjectOf('user')
export const areaSubject = subjectOf('area')
export const deviceSubject = subjectOf('device')
/** Of an address in its normal form: who has it. */
export const macSubject = subjectOf('mac')
