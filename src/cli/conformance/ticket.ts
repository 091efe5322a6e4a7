import type { Notice } from './notice.ts';

export interface Links {
  readonly self: string;
  readonly events: string;
  readonly poll: string;
  readonly socket: string;
  readonly qr: string;
}

/** A ticket as its browser holds it. */
export interface Ticket {
  readonly id: string;
  readonly notice: Notice;
  /** At the address that the suite was given, whatever the gateway's public one is. */
  readonly links: Links;
  /** As the gateway said them. */
  readonly publicLinks: Links;
  readonly binding: 'cookie' | 'bearer';
  readonly secret: string;
  /** The cookie's line as it came. */
  readonly setCookie: string | undefined;
  /** What proves the browser on each request. */
  readonly proof: Readonly<Record<string, string>>;
  readonly verifier: string;
}

/** What a phone learnt by scanning. */
export interface Scanned {
  readonly handshake: string;
  readonly numberMatch: boolean;
}
