import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Config } from '../../config/config.ts';

/** What was found of an address that a gateway would listen on. */
export interface AddressCheck {
  /** The setting that names it. */
  readonly setting: 'PORT' | 'SCANGATE_ADMIN_LISTEN';
  /** `host:port`. */
  readonly address: string;
  /** Why it cannot be listened on now, `EADDRINUSE` for one; undefined: it can. */
  readonly cause: string | undefined;
  /** Whether a gateway starts all the same: nobody asked for this address. */
  readonly isDispensable: boolean;
}

/** Listens for a moment on each address that a gateway would listen on. */
export async function checkAddresses({ HOST, PORT, adminListen }: Config): Promise<readonly AddressCheck[]> {
  const own = { ...(await checkAddress('PORT', HOST, PORT)), isDispensable: false };
  if (adminListen === undefined) return [own];
  const { host, port, isDefault } = adminListen;
  return [own, { ...(await checkAddress('SCANGATE_ADMIN_LISTEN', host, port)), isDispensable: isDefault }];
}

async function checkAddress(
  setting: AddressCheck['setting'],
  host: string,
  port: number,
): Promise<Omit<AddressCheck, 'isDispensable'>> {
  const server = createServer();
  const address = `${host}:${port}`;
  try {
    server.listen(port, host);
    await once(server, 'listening');
    return { setting, address, cause: undefined };
  } catch (error) {
    return { setting, address, cause: (error as NodeJS.ErrnoException).code ?? 'unknown' };
  } finally {
    server.close();
  }
}
