import type { Ledger } from '../../store/ledger.ts';
import { sleep } from '../../time/time.ts';
import { PhoneSourceAway } from '../phone-identity.ts';
import { fetchToken } from './token-fetch.ts';
import type { TokenFetchOptions } from './token-fetch.ts';
import { WechatRefusal } from './api.ts';
import { LEASE_MS, WechatTokenRecord } from './token-record.ts';
import type { HideText, WechatToken } from './token-record.ts';

/** Durations in milliseconds. */
export interface SharedTokenOptions extends TokenFetchOptions {
  readonly ledger: Ledger;
  readonly box: HideText;
  /** Makes the name under which this node holds the lease. */
  readonly makeId: () => string;
}

/** One token for all nodes, in the ledger; whoever holds the lease fetches, everyone else goes on with what there is. */
export interface SharedToken {
  /**
   * A token that is not `bad`, which WeChat has called outdated.
   *
   * @throws WechatRefusal; PhoneSourceAway where there is no token to be had, or its quota is used up.
   */
  otherThan(bad: string | undefined): Promise<string>;
  /** Where an error says that a quota is used up, nobody asks for another token for a while. */
  heed(error: unknown): Promise<void>;
}

/** How long nobody asks again after a quota: of a day, of a minute. */
const QUOTA_PAUSE_MS: Readonly<Record<number, number>> = { 45009: 600_000, 45011: 60_000 };
/** How long nobody asks again after any other failure: so many waiting calls are not as many attempts. */
const FAILURE_PAUSE_MS = 1000;
const LOOK_MS = 50;

/** The shared token of one account at WeChat. */
export function sharedToken(options: SharedTokenOptions): SharedToken {
  const { time } = options;
  const record = new WechatTokenRecord(options.ledger, options.box, options.appId);

  function isGood(kept: WechatToken | undefined, bad: string | undefined): kept is WechatToken {
    return kept !== undefined && kept.token !== bad && time.wallNow() < kept.until;
  }

  async function renewOrKeep(bad: string | undefined, good: WechatToken | undefined): Promise<WechatToken> {
    try {
      return (await renew(bad)) ?? good ?? (await awaitOther(bad));
    } catch (error) {
      await record.pause(quotaPauseMs(error) ?? FAILURE_PAUSE_MS);
      if (good !== undefined) return good;
      throw error;
    }
  }

  /** Undefined: another node holds the lease. */
  async function renew(bad: string | undefined): Promise<WechatToken | undefined> {
    const holder = options.makeId();
    if (!(await record.lease(holder))) return undefined;
    try {
      const { kept, text } = await record.read();
      if (isGood(kept, bad) && time.wallNow() < kept.renewAt) return kept;
      const fetched = await fetchToken(options, record, bad);
      await record.replace(text, fetched, fetched.until - time.wallNow());
      return fetched;
    } finally {
      await record.release(holder);
    }
  }

  // Another node is fetching: what it gets is for us too.
  async function awaitOther(bad: string | undefined): Promise<WechatToken> {
    for (let waited = 0; waited < LEASE_MS; waited += LOOK_MS) {
      await sleep(time, LOOK_MS);
      const { kept } = await record.read();
      if (isGood(kept, bad)) return kept;
      if ((await record.isPausing()) || !(await record.isLeased())) break;
    }
    if (await record.isPausing()) throw new PhoneSourceAway('WeChat gave no token');
    const own = await renew(bad);
    if (own === undefined) throw new PhoneSourceAway('no WeChat token in time');
    return own;
  }

  return {
    async otherThan(bad) {
      const { kept } = await record.read();
      const good = isGood(kept, bad) ? kept : undefined;
      if (good !== undefined && time.wallNow() < good.renewAt) return good.token;
      if (await record.isPausing()) {
        if (good !== undefined) return good.token;
        throw new PhoneSourceAway('WeChat gave no token, or its quota is used up');
      }
      return (await renewOrKeep(bad, good)).token;
    },

    async heed(error) {
      const pauseMs = quotaPauseMs(error);
      if (pauseMs !== undefined) await record.pause(pauseMs);
    },
  };
}

function quotaPauseMs(error: unknown): number | undefined {
  return error instanceof WechatRefusal ? QUOTA_PAUSE_MS[error.code] : undefined;
}
