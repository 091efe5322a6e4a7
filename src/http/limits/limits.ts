import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Request, Response } from 'express';
import { rateLimit } from 'express-rate-limit';
import type { AugmentedRequest, Store } from 'express-rate-limit';
import { suspect } from '../../telemetry/security-event.ts';
import { ScangateError } from '../../ticket/error.ts';
import type { ClientAddress } from '../caller/client-address.ts';

/** Which rate limit a route counts against: per client address, or user, and minute; shared by all routes of that name. */
export type LimitName = 'mints' | 'scans' | 'decisions' | 'tokens';

export interface LimitsParts {
  /** Requests that one address may make a minute. */
  readonly perMinute: Readonly<Record<LimitName, number>>;
  /** A store that nodes share, one per limit; absent: this process' memory. It must settle within its own bound. */
  readonly makeStore?: ((name: LimitName) => Store) | undefined;
  /** False with `SCANGATE_LIMITS=off`: whoever reaches the gateway may do as much as they like. */
  readonly limitsRate: boolean;
  readonly addressOf: (req: IncomingMessage) => ClientAddress;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Told when the shared store failed and a request was let through. */
  readonly onStoreAway?: () => void;
}

/** The rate limits of a process. */
export interface Limits {
  /**
   * Counts a request: against this key where there is one, else against its address.
   *
   * @throws ScangateError `too_many_requests`. A limit whose store is away lets everyone through.
   */
  check(name: LimitName, req: IncomingMessage, res: ServerResponse, key?: string): Promise<void>;
}

const WINDOW_MS = 60_000;
/** Time between two words that nothing is limited. */
const TOLD_EVERY_MS = 60_000;

export function makeLimits(parts: LimitsParts): Limits {
  let tellAt = -Infinity;
  const away = (): void => {
    if (parts.now() < tellAt) return;
    tellAt = parts.now() + TOLD_EVERY_MS;
    parts.onStoreAway?.();
  };
  const keys = new WeakMap<IncomingMessage, string>();
  const limiterOf = (name: LimitName) =>
    rateLimit({
      windowMs: WINDOW_MS,
      limit: parts.perMinute[name],
      ...(parts.makeStore === undefined ? {} : { store: parts.makeStore(name) }),
      keyGenerator: (req) => keys.get(req) ?? parts.addressOf(req).counted ?? '',
      skip: (req) => !parts.limitsRate || parts.addressOf(req).counted === undefined,
      handler: (req, _res, next) => {
        const reset = (req as AugmentedRequest)['rateLimit']?.resetTime?.getTime();
        const retryAfterMs = reset === undefined ? WINDOW_MS : Math.max(0, reset - parts.now());
        const refusal = new ScangateError('too_many_requests', { retryAfterMs });
        next(suspect(refusal, { kind: 'shut_out', reason: name }));
      },
      standardHeaders: false,
      legacyHeaders: false,
      passOnStoreError: true,
      validate: false,
      logger: { warn: away, error: away },
    });
  const limiters = {
    mints: limiterOf('mints'),
    scans: limiterOf('scans'),
    decisions: limiterOf('decisions'),
    tokens: limiterOf('tokens'),
  };

  return {
    async check(name, req, res, key) {
      if (key !== undefined) keys.set(req, key);
      await new Promise<void>((resolve, reject) => {
        const next = (error?: unknown): void => {
          if (error === undefined) resolve();
          else reject(error);
        };
        void limiters[name](req as Request, res as Response, next);
      });
    },
  };
}
