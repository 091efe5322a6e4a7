import { BadSetting } from './bad-setting.ts';
import { hostNameOf, isLoopback } from './host-name.ts';
import type { Values } from './values.ts';

/** Where the operators' listener is. */
export interface AdminListen {
  readonly host: string;
  readonly port: number;
  /** Whether nobody asked for this address, so that one which is taken stops no start. */
  readonly isDefault: boolean;
}

const ADDRESS = /^(\[[0-9A-Fa-f:.]+\]|[^:[\]]+):(\d{1,5})$/;
const AWAY = 1000;
const PORT_MAX = 65_535;
const TOKEN_LENGTH_MIN = 16;

/** Where operators are listened to; undefined: nowhere. @throws {@link BadSetting} */
export function adminListenOf(values: Values): AdminListen | undefined {
  const text = values.SCANGATE_ADMIN_LISTEN;
  const token = values.SCANGATE_ADMIN_TOKEN;
  if (token !== undefined && token.length < TOKEN_LENGTH_MIN)
    throw new BadSetting('SCANGATE_ADMIN_TOKEN', `has less than ${TOKEN_LENGTH_MIN} characters`);
  if (text === 'off') return undefined;
  if (text === undefined) return { host: '127.0.0.1', port: besides(values.PORT), isDefault: true };
  const [, host, digits] = ADDRESS.exec(text) ?? [];
  if (host === undefined || Number(digits) > PORT_MAX)
    throw new BadSetting('SCANGATE_ADMIN_LISTEN', 'is neither off nor <host>:<port>');
  if (token === undefined && !isLoopback(hostNameOf(host)))
    throw new BadSetting('SCANGATE_ADMIN_LISTEN', 'is open to others: that takes SCANGATE_ADMIN_TOKEN');
  return { host: host.replaceAll(/[[\]]/g, ''), port: Number(digits), isDefault: false };
}

function besides(port: number): number {
  if (port === 0) return 0;
  return port + AWAY > PORT_MAX ? port - AWAY : port + AWAY;
}
