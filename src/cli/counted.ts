/** A number and what it counts: `1 session`, `2 sessions`. @param more what several are, where it is not `one` with an s. */
export function counted(count: number, one: string, more = `${one}s`): string {
  return `${count} ${count === 1 ? one : more}`;
}
