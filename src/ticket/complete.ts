/**
 * Holds what was made of a `T` against all of its members, the optional ones included:
 * `made satisfies Complete<T, typeof made>` does not compile where one was forgotten, and the error names it.
 */
export type Complete<T, Made> = [Forgotten<T, Made>] extends [never]
  ? unknown
  : { readonly forgotten: Forgotten<T, Made> };

/** The members of `T` that no variant of `Made` has. */
type Forgotten<T, Made> = Exclude<keyof T, Made extends unknown ? keyof Made : never>;
