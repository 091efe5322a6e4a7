import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Socket } from '../connection/redis-connection.ts';

/** Whether a socket leads to the server of this name, `<host>:<port>`. A host that is no address is looked up. */
export async function leadsTo(name: string, socket: Socket): Promise<boolean> {
  const at = name.lastIndexOf(':');
  const { remoteAddress, remotePort } = socket;
  if (remoteAddress === undefined || remotePort !== Number(name.slice(at + 1))) return false;
  return (await addressesOf(name.slice(0, at))).includes(plain(remoteAddress));
}

async function addressesOf(host: string): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [plain(host)];
  const found = await lookup(host, { all: true }).catch(() => []);
  return found.map(({ address }) => plain(address));
}

/** An IPv4 address that is mapped into IPv6 as what it is (RFC 4291 §2.5.5.2). */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}
