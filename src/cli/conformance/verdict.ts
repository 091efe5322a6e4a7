/** A promise that is not kept; the message says what came instead. */
export class NotSo extends Error {
  override readonly name = 'NotSo';
}

/** A promise that cannot be looked at with what was given; the message says what is missing. */
export class Skipped extends Error {
  override readonly name = 'Skipped';
}

/** @throws {@link NotSo} unless it holds. */
export function must(holds: unknown, why: string): asserts holds {
  if (holds === undefined || holds === null || holds === false || holds === '' || holds === 0)
    throw new NotSo(why);
}

/** @throws {@link NotSo} unless one of the wanted values came. */
export function mustBe<T extends string | number | boolean | undefined>(
  what: string,
  came: T,
  ...wanted: readonly T[]
): void {
  if (!wanted.includes(came)) throw new NotSo(`${what} is ${String(came)}, not ${wanted.join(' or ')}`);
}
