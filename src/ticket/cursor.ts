/**
 * A cursor: the id of one event of one subject, `<version>-<nonce>`, both decimal, at most 40 characters.
 * Versions count from 1; the nonce tells apart two events that a failover gave the same version.
 */
export type Cursor = `${number}-${string}`;

/** The longest cursor that is looked at, in characters. */
export const CURSOR_LENGTH_MAX = 40;

const SHAPE = /^[1-9][0-9]{0,8}-[0-9]{1,30}$/;

/** Whether a text from outside has the shape of a cursor. It says nothing of whether the event exists. */
export function isCursor(text: string): text is Cursor {
  return text.length <= CURSOR_LENGTH_MAX && SHAPE.test(text);
}

/** The version that a cursor names. */
export function versionOf(cursor: Cursor): number {
  return Number(cursor.slice(0, cursor.indexOf('-')));
}

/** Joins a version and a decimal nonce to a cursor. */
export function cursorOf(version: number, nonce: string): Cursor {
  return `${version}-${nonce}`;
}
