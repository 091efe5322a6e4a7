import type { Facts } from '../entry/entry.ts';
import { linkHash } from './link.ts';
import { isSignedBy } from './signed-head.ts';
import type { RecordKeyJwk } from './signed-head.ts';

/** An entry in its chain, from an archive or an export. */
export interface LinkedText {
  readonly chain: number;
  readonly link: number;
  readonly hash: string;
  readonly text: string;
}

/** Where a chain is not what it was, and how. */
export interface Break {
  readonly chain: number;
  readonly link: number;
  readonly what: 'altered' | 'dropped' | 'swapped' | 'head_not_signed';
  readonly detail: string;
}

interface Place {
  link: number;
  hash: string;
}

/** Follows chains, entry by entry in their order, and names each place where one is not what was written. */
export class Verification {
  readonly #keys: ReadonlyMap<string, RecordKeyJwk>;
  readonly #places = new Map<number, Place>();
  readonly #signed = new Map<number, number>();
  #entries = 0;

  /** @param keys those that heads may be signed by. */
  constructor(keys: readonly RecordKeyJwk[]) {
    this.#keys = new Map(keys.map((key) => [key.kid, key]));
  }

  /** How many entries were looked at. */
  get entries(): number {
    return this.#entries;
  }

  /** Up to which link each chain is covered by a signature. */
  get signed(): ReadonlyMap<number, number> {
    return this.#signed;
  }

  /** The next entry. What stands before the first one of a chain was let go: its own hash is where the chain begins. */
  next({ chain, link, hash, text }: LinkedText): readonly Break[] {
    this.#entries += 1;
    const place = this.#places.get(chain);
    const breaks: Break[] = [];
    const named = (what: Break['what'], at: number, detail: string): void =>
      void breaks.push({ chain, link: at, what, detail });
    if (place !== undefined && link <= place.link) {
      named('swapped', link, `stands behind link ${place.link}`);
      return breaks;
    }
    const before = place ?? (link === 1 ? { link: 0, hash: '' } : undefined);
    if (before !== undefined && link > before.link + 1) {
      const missing = link - before.link - 1;
      named('dropped', before.link + 1, `${missing} ${missing === 1 ? 'entry is' : 'entries are'} missing`);
    } else if (before !== undefined && linkHash(before.hash, text) !== hash) {
      named('altered', link, 'its text, its hash or the hash before it is not what was written');
    }
    this.#places.set(chain, { link, hash });
    // Behind a gap nothing says where the chain stood.
    const isBehindGap = before !== undefined && link > before.link + 1;
    const reason = isBehindGap ? undefined : before && this.#headTrouble(text, chain, before);
    if (reason !== undefined) named('head_not_signed', link, reason);
    return breaks;
  }

  #headTrouble(text: string, chain: number, before: Place): string | undefined {
    const { head } = factsIn(text);
    if (head === undefined) return undefined;
    const key = this.#keys.get(head.kid);
    if (key === undefined) return `its key ${head.kid} is not known`;
    if (!isSignedBy(head, key)) return 'its signature is wrong';
    if (head.chain !== chain || head.link !== before.link || head.hash !== before.hash)
      return 'it was signed for another place';
    this.#signed.set(chain, head.link);
    return undefined;
  }
}

function factsIn(text: string): Partial<Facts> {
  try {
    return JSON.parse(text) as Facts;
  } catch {
    return {};
  }
}
