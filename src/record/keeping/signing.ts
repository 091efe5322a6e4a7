import { sleep } from '../../time/time.ts';
import type { Time } from '../../time/time.ts';

/** How often all chains are signed, in milliseconds. */
const SIGN_MS = 60_000;
/** Between two looks whether some are to be signed before, and at most, where signing goes on failing. */
const LOOK_MS = 1000;
const LOOK_MAX_MS = 8000;

export interface SigningOptions {
  readonly time: Time;
  /** Signs what is this node's to sign. */
  readonly sign: () => Promise<void>;
  /** Whether something is to be signed that cannot wait for the next minute. */
  readonly isToSign: () => boolean;
}

/** Has chains signed: every minute, and soon where one came from another node or could not be signed. @returns what ends it */
export function keepSigning({ time, sign, isToSign }: SigningOptions): () => void {
  const ending = new AbortController();
  const run = async (): Promise<void> => {
    let signedAt = time.now();
    let pauseMs = LOOK_MS;
    for (;;) {
      await sleep(time, pauseMs, ending.signal);
      if (ending.signal.aborted) return;
      const isAsked = isToSign();
      if (!isAsked && time.now() - signedAt < SIGN_MS) {
        pauseMs = LOOK_MS;
        continue;
      }
      signedAt = time.now();
      await sign();
      pauseMs = isAsked && isToSign() ? Math.min(LOOK_MAX_MS, pauseMs * 2) : LOOK_MS;
    }
  };
  void run();
  return () => ending.abort();
}
