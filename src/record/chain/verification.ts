import type { Facts } from '../entry/entry.ts';
import { NODE_CHAINS, linkHash } from './link.ts';
import type { ChainHead } from './link.ts';
import { isSignedBy } from './signed-head.ts';
import type { RecordKeyJwk } from './signed-head.ts';

/** How long an entry may stand unsigned, in milliseconds: chains are signed every minute. */
export const UNSIGNED_MAX_MS = 120_000;

/** An entry in its chain, from an archive or an export. */
export interface LinkedText {
  readonly chain: number;
  readonly link: number;
  readonly hash: string;
  readonly text: string;
}

/** Where a chain stands, or stood. */
export interface Place extends ChainHead {
  readonly chain: number;
}

/** Where a chain is not what it was, and how. */
export interface Break {
  readonly chain: number;
  readonly link: number;
  readonly what: 'altered' | 'dropped' | 'swapped' | 'head_not_signed' | 'not_signed';
  readonly detail: string;
}

/** The end of a chain that no signature covers yet, and that is no break. */
export interface Waiting {
  readonly chain: number;
  /** Of its first entry. */
  readonly link: number;
  readonly entries: number;
  /** How old its oldest entry was when the chain was read, in seconds. */
  readonly age_s: number;
}

/** What stands behind the last valid signature of a chain. */
interface Unsigned {
  readonly link: number;
  readonly since: number;
  readonly until: number;
  /** The newest unsigned entry that was read by then, of any chain: this one was read no earlier. */
  readonly newest: number;
}

/** Follows chains, entry by entry in their order, and names each place where one is not what was written. */
export class Verification {
  readonly #keys: ReadonlyMap<string, RecordKeyJwk>;
  readonly #places = new Map<number, ChainHead>();
  readonly #anchors: Place[];
  readonly #signed = new Map<number, number>();
  readonly #unsigned = new Map<number, Unsigned>();
  #entries = 0;
  #newest = 0;

  /** @param keys those that heads may be signed by. @param anchors where chains are known to have stood. */
  constructor(keys: readonly RecordKeyJwk[], anchors: readonly Place[] = []) {
    this.#keys = new Map(keys.map((key) => [key.kid, key]));
    this.#anchors = [...anchors];
  }

  /** How many entries were looked at. */
  get entries(): number {
    return this.#entries;
  }

  /** Up to which link each chain is covered by a signature. */
  get signed(): ReadonlyMap<number, number> {
    return this.#signed;
  }

  /** Where each chain stands by now. */
  get places(): readonly Place[] {
    return [...this.#places].map(([chain, head]) => ({ chain, ...head }));
  }

  /** A chain whose entries up to this one were let go. It comes before its first entry. */
  begin({ chain, link, hash }: Place): readonly Break[] {
    this.#places.set(chain, { link, hash });
    return this.#held(chain, link, hash);
  }

  /** A chain that is known to have stood here. It comes before its first entry. */
  expect(place: Place): void {
    this.#anchors.push(place);
  }

  /** The next entry. The first of a chain stands behind what {@link Verification.begin} told, or is its very first. */
  next({ chain, link, hash, text }: LinkedText): readonly Break[] {
    this.#entries += 1;
    const breaks: Break[] = [];
    const named = (what: Break['what'], at: number, detail: string): void =>
      void breaks.push({ chain, link: at, what, detail });
    const before = this.#places.get(chain) ?? { link: 0, hash: '' };
    if (link <= before.link) {
      named('swapped', link, `stands behind link ${before.link}`);
      return breaks;
    }
    // Behind a gap nothing says where the chain stood.
    const missing = link - before.link - 1;
    if (missing > 0)
      named('dropped', before.link + 1, `${missing} ${missing === 1 ? 'entry is' : 'entries are'} missing`);
    else if (linkHash(before.hash, text) !== hash)
      named('altered', link, 'its text, its hash or the hash before it is not what was written');
    this.#places.set(chain, { link, hash });
    breaks.push(...this.#held(chain, link, hash));
    const facts = factsIn(text);
    const trouble = missing > 0 ? 'behind a gap' : this.#headTrouble(facts, chain, before);
    if (trouble === undefined) {
      this.#signed.set(chain, before.link);
      this.#unsigned.delete(chain);
      return breaks;
    }
    if (facts.head !== undefined && missing === 0) named('head_not_signed', link, trouble);
    this.#waits(chain, link, facts);
    return breaks;
  }

  /**
   * What is missing at the end: chains that stood further once, and entries that a signature would cover by now.
   *
   * @param readAt when these chains began to be read, in milliseconds since the epoch: what was read later may be younger, and reading takes long.
   */
  end(readAt: number): readonly Break[] {
    const short = this.#anchors.flatMap(({ chain, link }): Break[] => {
      const found = this.#places.get(chain)?.link ?? 0;
      const detail = `the chain ends here, and it stood at link ${link} once`;
      return found >= link ? [] : [{ chain, link: found + 1, what: 'dropped', detail }];
    });
    const late = [...this.#unsigned].flatMap(([chain, unsigned]): Break[] => {
      if (!isLate(chain, unsigned, readAt)) return [];
      const detail = 'no signature covers the chain from here on, and one would by now while a gateway runs';
      return [{ chain, link: unsigned.link, what: 'not_signed', detail }];
    });
    return [...short, ...late];
  }

  /** What the next signatures cover. @param readAt as in {@link Verification.end} */
  waiting(readAt: number): readonly Waiting[] {
    return [...this.#unsigned].flatMap(([chain, unsigned]): Waiting[] => {
      if (isLate(chain, unsigned, readAt)) return [];
      const { link } = unsigned;
      const entries = (this.#places.get(chain)?.link ?? link) - link + 1;
      return [{ chain, link, entries, age_s: Math.max(0, Math.round(ageOf(unsigned, readAt) / 1000)) }];
    });
  }

  #held(chain: number, link: number, hash: string): readonly Break[] {
    const other = this.#anchors.some(
      (held) => held.chain === chain && held.link === link && held.hash !== hash,
    );
    return other ? [{ chain, link, what: 'altered', detail: 'the chain had another hash here once' }] : [];
  }

  #waits(chain: number, link: number, facts: Partial<Facts> & { readonly at?: unknown }): void {
    const at = typeof facts.at === 'string' ? Date.parse(facts.at) || 0 : 0;
    this.#newest = Math.max(this.#newest, at);
    const known = this.#unsigned.get(chain) ?? { link, since: at, until: at, newest: at };
    this.#unsigned.set(chain, {
      link: known.link,
      since: Math.min(known.since, at),
      until: Math.max(known.until, at),
      newest: this.#newest,
    });
  }

  /** Why an entry does not sign the chain before it; undefined where it does. */
  #headTrouble({ head }: Partial<Facts>, chain: number, before: ChainHead): string | undefined {
    if (head === undefined) return 'it is no head';
    const key = this.#keys.get(head.kid);
    if (key === undefined) return `its key ${head.kid} is not known`;
    if (!isSignedBy(head, key)) return 'its signature is wrong';
    if (head.chain !== chain || head.link !== before.link || head.hash !== before.hash)
      return 'it was signed for another place';
    return undefined;
  }
}

/** How old the oldest of them was when its chain was read. */
function ageOf({ since, newest }: Unsigned, readAt: number): number {
  return Math.max(readAt, newest) - since;
}

/** Whether a signature would cover it by now. */
function isLate(chain: number, unsigned: Unsigned, readAt: number): boolean {
  // A chain of a node that was killed stays as it is; any other is signed once a gateway runs.
  if (chain < NODE_CHAINS && ageOf(unsigned, readAt) > UNSIGNED_MAX_MS) return true;
  return unsigned.until - unsigned.since > UNSIGNED_MAX_MS;
}

function factsIn(text: string): Partial<Facts> {
  try {
    return (JSON.parse(text) as Facts | null) ?? {};
  } catch {
    return {};
  }
}
