import type { Config } from '../config.ts';

/** What `src/ticket` and whoever mints take: the lives of tickets; a client's policy stands over them. */
export function ticketLives(config: Config) {
  return {
    ticket_ms: config.SCANGATE_TICKET_LIFE,
    decision_ms: config.SCANGATE_DECISION_TIME,
    max_ms: config.SCANGATE_TICKET_LIFE_MAX,
    code_ms: config.SCANGATE_CODE_LIFE,
    qr_period_ms: config.SCANGATE_QR_PERIOD,
    device_ms: config.SCANGATE_DEVICE_LIFE,
  };
}
