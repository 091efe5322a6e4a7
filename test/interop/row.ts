import type { Stage } from './stage.ts';

/** What of each kind of program is played, in this order; a program that has no such thing leaves it out. */
export const ACTS = {
  client: ['signs in', 'denied', 'cancelled', 'expired', 'refreshes', 'signs out', 'is signed out'],
  reader: ['told each state', 'goes on after a restart', 'stops at the end'],
  generator: ['takes openapi.yaml', 'its code compiles', 'signs in'],
} as const;

/** What a program is to the gateway: signs users in, waits as a browser does, or is made from `openapi.yaml`. */
export type Kind = keyof typeof ACTS;

/** One thing that is played with a program. */
export type Act = (typeof ACTS)[Kind][number];

/** Where a program is had from: packages and their exact versions, or Debian's packages as this machine's release has them. */
export type Source =
  | { readonly from: 'npm'; readonly packages: Readonly<Record<string, string>> }
  | { readonly from: 'Debian'; readonly packages: readonly string[] };

/** What is played with a program, in this order; each throws where it does not hold. */
export type Play = Readonly<Partial<Record<Act, () => Promise<void>>>>;

/** A client's metadata as its operator registers it (RFC 7591), without the id. */
export type Registration = Readonly<Record<string, unknown>>;

/** One program as others publish it, and how it is tried against this build. */
export interface Row {
  readonly name: string;
  readonly kind: Kind;
  readonly source: Source;
  /** The package whose version the table shows; the first one by default. */
  readonly shown?: string;
  /** What is set that neither the program's nor the gateway's defaults are, in words; empty where nothing is. */
  readonly settings: string;
  /** Whether CI plays it: those whose like nothing else in `npm test` plays. */
  readonly smoke?: boolean;
  /** How the operator registers it, by the address that it is served at. */
  readonly registers?: (here: string) => Registration;
  /** What fails because the gateway does as an RFC says, which the program does not know: the RFC and its section. */
  readonly against?: Readonly<Partial<Record<Act, string>>>;
  /** Settings of the gateway; none by default, as in the README. */
  readonly phones?: 'demo' | 'jwt';
  /** Sets the program up on a stage. */
  readonly open: (stage: Stage) => Promise<Play>;
}

/** The name as a part of a path. */
export function slugOf({ name }: Pick<Row, 'name'>): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}
