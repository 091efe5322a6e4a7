import type { Ledger } from '../../store/ledger.ts';

/** What a node says of itself to the others. Its counts are those of the last hour at most, `counted_ms`. */
export interface NodeWord {
  /** Its host and the port of its public address. */
  readonly name: string;
  readonly version: string;
  /** ISO 8601. */
  readonly started_at: string;
  readonly state: string;
  /** Whether it has a page for operators. */
  readonly page: boolean;
  readonly waiting: number;
  readonly counted_ms: number;
  readonly minted: number;
  readonly scanned: number;
  readonly confirmed: number;
  readonly redeemed: number;
  readonly denied: number;
  readonly cancelled: number;
  readonly expired: number;
}

/** Another node. */
export type KnownNode = NodeWord & { readonly id: string };

/** How often a node says how it is, in milliseconds. */
export const WORD_MS = 5000;
/** How long a node's word counts, in milliseconds. */
const WORD_LIFE_MS = 20_000;
const NODES_MAX = 64;
const NODES = 'operators-nodes';

/** The nodes of a store, as each tells of itself in the ledger. */
export class Nodes {
  readonly #ledger: Ledger;
  readonly #id: string;
  readonly #now: () => number;
  #last: string | null = null;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #others: readonly KnownNode[] = [];

  /**
   * @param id what only this process is called.
   * @param now a monotonic clock, in milliseconds.
   */
  constructor(ledger: Ledger, id: string, now: () => number) {
    this.#ledger = ledger;
    this.#id = id;
    this.#now = now;
  }

  /** What only this process is called. */
  get id(): string {
    return this.#id;
  }

  /** The others that were there at the last look; how they are is `unknown` once their words of then count no more. */
  get others(): readonly KnownNode[] {
    if (this.#now() - this.#lookedAt <= WORD_LIFE_MS) return this.#others;
    return this.#others.map((node) => ({ ...node, state: 'unknown' }));
  }

  /** Says how this node is. A ledger that is away hears it the next time. */
  async say(word: NodeWord): Promise<void> {
    const text = JSON.stringify(word);
    try {
      await this.#ledger.addMember(NODES, this.#id, WORD_LIFE_MS, NODES_MAX);
      if (await this.#ledger.replaceIf(keyOf(this.#id), this.#last, text, WORD_LIFE_MS)) {
        this.#last = text;
        return;
      }
      const { value } = await this.#ledger.putIfAbsent(keyOf(this.#id), text, WORD_LIFE_MS);
      this.#last = value;
      // A failover may bring an earlier word back.
      if (value !== text && (await this.#ledger.replaceIf(keyOf(this.#id), value, text, WORD_LIFE_MS)))
        this.#last = text;
    } catch {
      this.#last = await this.#ledger.get(keyOf(this.#id)).catch(() => this.#last);
    }
  }

  /** Looks who is there. A ledger that is away leaves it at what was known. */
  async look(): Promise<void> {
    try {
      const ids = (await this.#ledger.members(NODES, NODES_MAX)).filter((id) => id !== this.#id);
      const words = await Promise.all(ids.map((id) => this.#ledger.get(keyOf(id))));
      this.#others = ids
        .flatMap((id, index) => knownOf(id, words[index] ?? null) ?? [])
        .toSorted((one, other) => `${one.name} ${one.id}`.localeCompare(`${other.name} ${other.id}`));
      this.#lookedAt = this.#now();
    } catch {
      // The page says by itself that the store is away.
    }
  }

  /** Takes this node out. */
  async leave(): Promise<void> {
    await this.#ledger.removeMember(NODES, this.#id).catch(() => undefined);
    await this.#ledger.delete(keyOf(this.#id)).catch(() => false);
  }
}

function keyOf(id: string): string {
  return `operators-node:${id}`;
}

// Another release may say less than this one.
function knownOf(id: string, text: string | null): KnownNode | undefined {
  if (text === null) return undefined;
  try {
    return { ...NO_WORD, ...(JSON.parse(text) as NodeWord), id };
  } catch {
    return undefined;
  }
}

const NO_WORD: NodeWord = {
  name: '',
  version: '',
  started_at: '',
  state: '',
  page: true,
  waiting: 0,
  counted_ms: 0,
  minted: 0,
  scanned: 0,
  confirmed: 0,
  redeemed: 0,
  denied: 0,
  cancelled: 0,
  expired: 0,
};
