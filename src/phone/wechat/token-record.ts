import { createHash } from 'node:crypto';
import type { Ledger } from '../../store/ledger.ts';

/** Hides what the ledger keeps; `compose` hands in one made of the secrets. */
export interface HideText {
  close(text: string): string;
  open(closed: string): string | undefined;
}

/** A token of the server's own account at WeChat. */
export interface WechatToken {
  readonly token: string;
  /** When it ends, and from when on another one is fetched ahead; milliseconds since the epoch. */
  readonly until: number;
  readonly renewAt: number;
}

/** The record's token with the text that it stands in, which {@link WechatTokenRecord.replace} names. */
export interface RecordedToken {
  readonly kept: WechatToken | undefined;
  readonly text: string | null;
}

/** A lease ends by itself after this, in milliseconds. */
export const LEASE_MS = 10_000;
/** WeChat allows a forced refresh every 30 s and 20 a day. */
const FORCE_PAUSE_MS = 30_000;
const FORCES_A_DAY = 20;
const DAY_MS = 86_400_000;

/** What all nodes know of one account's token: the token, who fetches it, and until when nobody may ask for another. */
export class WechatTokenRecord {
  readonly #ledger: Ledger;
  readonly #box: HideText;
  readonly #digest: string;

  constructor(ledger: Ledger, box: HideText, appId: string) {
    this.#ledger = ledger;
    this.#box = box;
    this.#digest = createHash('sha256').update(appId).digest('base64url').slice(0, 22);
  }

  async read(): Promise<RecordedToken> {
    const text = await this.#ledger.get(this.#key('token'));
    const opened = text === null ? undefined : this.#box.open(text);
    return { kept: opened === undefined ? undefined : (JSON.parse(opened) as WechatToken), text };
  }

  /** Puts a token in the place of the text that was read; whoever read the same earlier wins. */
  async replace(text: string | null, token: WechatToken, lifeMs: number): Promise<void> {
    await this.#ledger.replaceIf(this.#key('token'), text, this.#box.close(JSON.stringify(token)), lifeMs);
  }

  /** Whether `holder` alone may fetch from now on, until {@link release} or {@link LEASE_MS}. */
  async lease(holder: string): Promise<boolean> {
    return (await this.#ledger.putIfAbsent(this.#key('lease'), holder, LEASE_MS)).stored;
  }

  async release(holder: string): Promise<void> {
    await this.#ledger.delete(this.#key('lease'), holder);
  }

  async isLeased(): Promise<boolean> {
    return (await this.#ledger.get(this.#key('lease'))) !== null;
  }

  /** Counts a forced refresh. @returns whether it is within what WeChat allows. */
  async mayForce(): Promise<boolean> {
    const { stored } = await this.#ledger.putIfAbsent(this.#key('forced'), '1', FORCE_PAUSE_MS);
    return stored && (await this.#ledger.count(this.#key('forces'), DAY_MS)) <= FORCES_A_DAY;
  }

  /** Nobody asks for another token for so long. A longer pause that has begun goes on. */
  async pause(ms: number): Promise<void> {
    await this.#ledger.putIfAbsent(this.#key('back-off'), '1', ms);
  }

  async isPausing(): Promise<boolean> {
    return (await this.#ledger.get(this.#key('back-off'))) !== null;
  }

  #key(name: string): string {
    return `wechat-${name}:${this.#digest}`;
  }
}
