import { sleep } from '../../../time/time.ts';
import type { Time } from '../../../time/time.ts';
import { StoreUnavailable } from '../../event-store.ts';
import type { Link } from './link.ts';
import { verdictOf } from './reply-error.ts';
import type { Verdict } from './reply-error.ts';

/** How long a call waits before it is tried again, in milliseconds. */
export const RETRY_DELAY_MS = 25;

/** How long a call may take, and whether it may be sent twice. */
export interface CallOptions {
  readonly timeoutMs: number;
  /** May it be sent again where it may have been carried out already? */
  readonly repeatable: boolean;
}

/** The link that a call goes over, and who hears that it was the wrong one. */
export interface CallTarget {
  /** Undefined where nobody is known to have the partition at this moment. */
  readonly link: () => Link | undefined;
  readonly onMoved: () => void;
  readonly onLibraryGone: (link: Link) => Promise<void>;
}

/**
 * Carries one call out within its time: waits for the link, tries again where that is safe, and settles in any case.
 *
 * @throws {@link StoreUnavailable} with the last error as its cause.
 */
export function callThrough<T>(
  target: CallTarget,
  time: Time,
  options: CallOptions,
  run: (link: Link) => Promise<T>,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const end = time.now() + options.timeoutMs;
    let last: unknown;
    const cancel = time.after(options.timeoutMs, () => {
      const link = target.link();
      const why = link?.up === false ? (link.lastError ?? last) : last;
      reject(new StoreUnavailable('the store did not answer in time', { cause: why }));
    });

    async function attempt(): Promise<T> {
      for (;;) {
        const link = target.link();
        let sent = false;
        try {
          if (link === undefined) throw new Error('CLUSTERDOWN nobody has the partition');
          if (!link.up) await link.whenUp(end - time.now());
          sent = true;
          const opening = link.openings;
          const answer = await run(link);
          link.assertUp(opening);
          return answer;
        } catch (error) {
          last = error;
          if (error instanceof StoreUnavailable || error instanceof RangeError) {
            if (link?.closed !== true || target.link() === link) throw error;
          }
          const verdict = judge(error, sent, link);
          if (verdict === 'failed' || (verdict === 'unknown' && !options.repeatable)) {
            throw new StoreUnavailable('the store refused', { cause: error });
          }
          if (verdict === 'moved') target.onMoved();
          if (verdict === 'library' && link !== undefined) await target.onLibraryGone(link);
        }
        if (time.now() + RETRY_DELAY_MS > end)
          throw new StoreUnavailable('the store is away', { cause: last });
        await sleep(time, RETRY_DELAY_MS);
      }
    }

    attempt()
      .finally(cancel)
      .then(resolve, (error: unknown) => reject(asUnavailable(error)));
  });
}

function judge(error: unknown, sent: boolean, link: Link | undefined): Verdict {
  if (!sent) return 'unsent';
  return link?.closed === true ? 'unknown' : verdictOf(error);
}

function asUnavailable(error: unknown): Error {
  if (error instanceof StoreUnavailable || error instanceof RangeError) return error;
  return new StoreUnavailable('the store failed', { cause: error });
}
