import { join } from 'node:path';
import { startFront } from '../delivery/front.ts';
import type { FrontName } from '../delivery/front.ts';
import { freePort } from './child.ts';

/** The path below which a gateway stands while a run says so. */
const PATH = '/scan';

/** A proxy with TLS through which a gateway is reached below a path. */
export interface UnderPath {
  /** `https://localhost:<port>/scan` */
  readonly url: string;
  /** Leads there, from now on. */
  lead(gatewayPort: number): Promise<void>;
  stop(): Promise<void>;
}

/**
 * The place of a gateway in a run of `npm run under-a-path`, which names proxy and certificate in
 * `SCANGATE_TEST_UNDER_PATH` (`nginx`, `haproxy`) and `SCANGATE_TEST_CERTIFICATE` (a folder); undefined in any other run.
 */
export async function underPath(): Promise<UnderPath | undefined> {
  const { SCANGATE_TEST_UNDER_PATH: name, SCANGATE_TEST_CERTIFICATE: folder } = process.env;
  if (name === undefined || folder === undefined) return undefined;
  const [path, keyPath, bothPath] = ['cert.pem', 'key.pem', 'both.pem'].map((file) => join(folder, file));
  const certificate = { path: path!, keyPath: keyPath!, bothPath: bothPath!, pem: '' };
  const port = await freePort();
  let front: Awaited<ReturnType<typeof startFront>> | undefined;
  return {
    url: `https://localhost:${port}${PATH}`,
    async lead(gatewayPort) {
      // One of them takes the path away, the other leaves it.
      const at = { path: PATH, strips: name === 'nginx' };
      front = await startFront(name as FrontName, port, gatewayPort, certificate, at);
    },
    stop: async () => front?.stop(),
  };
}
