import type { Setting } from './setting.ts';
import { APP_SETTINGS } from './tables/app-table.ts';
import { CONNECTION_SETTINGS } from './tables/connection-table.ts';
import { GATEWAY_SETTINGS } from './tables/gateway-table.ts';
import { LIMIT_SETTINGS } from './tables/limit-table.ts';
import { NODE_SETTINGS } from './tables/node-table.ts';
import { PHONE_SETTINGS } from './tables/phone-table.ts';
import { RECORD_SETTINGS } from './tables/record-table.ts';
import { STORE_SETTINGS } from './tables/store-table.ts';
import { TLS_SETTINGS } from './tables/tls-table.ts';
import { TICKET_SETTINGS } from './tables/ticket-table.ts';
import { TOKEN_SETTINGS } from './tables/token-table.ts';
import { UPSTREAM_SETTINGS } from './tables/upstream-table.ts';
import { WEBHOOK_SETTINGS } from './tables/webhook-table.ts';

/** Every setting of the process, by the name of its environment variable. */
export const SETTINGS = {
  ...GATEWAY_SETTINGS,
  ...TLS_SETTINGS,
  ...TICKET_SETTINGS,
  ...UPSTREAM_SETTINGS,
  ...STORE_SETTINGS,
  ...RECORD_SETTINGS,
  ...WEBHOOK_SETTINGS,
  ...CONNECTION_SETTINGS,
  ...LIMIT_SETTINGS,
  ...TOKEN_SETTINGS,
  ...NODE_SETTINGS,
  ...PHONE_SETTINGS,
  ...APP_SETTINGS,
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;
