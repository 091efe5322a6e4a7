/** What a setting's text must be, and how it reads in docs/settings.md. */
export type Kind = 'text' | 'list' | 'count' | 'bytes' | 'port' | 'duration' | readonly string[];

/** One row of the settings table. A duration is ISO 8601; its value in the code is milliseconds. */
export interface Setting {
  readonly kind: Kind;
  /** Undefined: there is no default. */
  readonly initial: string | undefined;
  readonly means: string;
  readonly min?: number;
  readonly max?: number;
  /** Its text is a secret: it is never shown. */
  readonly secret?: true;
  /** Its text may hold a secret, as an address does: it may be given in a file. */
  readonly filed?: true;
}

export const setting = <const K extends Kind, const I extends string | undefined>(
  kind: K,
  initial: I,
  means: string,
  more: Pick<Setting, 'min' | 'max' | 'secret' | 'filed'> = {},
): Omit<Setting, 'kind' | 'initial'> & { readonly kind: K; readonly initial: I } => ({
  kind,
  initial,
  means,
  ...more,
});
