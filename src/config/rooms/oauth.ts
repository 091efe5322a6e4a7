import type { Config } from '../config.ts';
import { ticketLives } from './ticket.ts';

/** What the authorization server takes. */
export function oauthSettings(config: Config) {
  return {
    issuer: config.issuer,
    hasDocs: config.hasDocs,
    lives: ticketLives(config),
    replayWindowMs: config.SCANGATE_REPLAY_WINDOW,
    idempotencyLifeMs: config.SCANGATE_IDEMPOTENCY_LIFE,
    accessLifeMs: config.SCANGATE_ACCESS_TOKEN_LIFE,
    sessionLifeMs: config.SCANGATE_SESSION_LIFE,
    deviceIntervalMs: config.SCANGATE_DEVICE_INTERVAL,
    userCodeTries: config.SCANGATE_USER_CODE_TRIES,
    userCodeBudget: config.SCANGATE_USER_CODE_BUDGET,
    userCodeWindowMs: config.SCANGATE_USER_CODE_WINDOW,
    countsAddresses: config.SCANGATE_LIMITS === 'on',
  };
}
