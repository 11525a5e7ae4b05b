/** Makes an event's data of one version what the next version would have written: pure, and total over all that was ever stored. */
export type Upcaster = (data: EventData) => EventData
export type EventData = Readonly<Record<string, unknown>>

/** For each event, by name, how to come from each version to the next: `[0]` from 1 to 2. So its newest version is one more. */
export type Upcasters = Readonly<Record<string, readonly Upcaster[]>>
