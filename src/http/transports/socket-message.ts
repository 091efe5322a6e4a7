import type { FirstMessage } from './socket-caller.ts';

/** The subprotocol of Scangate's sockets. */
export const SUBPROTOCOL = 'scangate.v1';

/** Close codes: those below 4000 and 4408, 4429 mean "come back", 1000 "it is over", 4400 and 4401 "do not". */
export const CLOSE = {
  over: 1000,
  restart: 1012,
  tryLater: 1013,
  badRequest: 4400,
  notYours: 4401,
  tooSlow: 4408,
  tooMany: 4429,
} as const;

/** A socket's first message, `{"bearer": "…", "dpop": "…"?}`; undefined for anything else. Other members are ignored. */
export function firstMessageOf(text: string): FirstMessage | undefined {
  try {
    const message: unknown = JSON.parse(text);
    if (typeof message !== 'object' || message === null || !Object.hasOwn(message, 'bearer'))
      return undefined;
    const { bearer, dpop } = message as { bearer: unknown; dpop?: unknown };
    if (typeof bearer !== 'string' || bearer === '') return undefined;
    return { bearer, dpop: typeof dpop === 'string' ? dpop : undefined };
  } catch {
    return undefined;
  }
}
