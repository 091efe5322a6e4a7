import { networkInterfaces } from 'node:os';
import { encodeQR } from 'qr';
import { withoutCredentials } from '../config/changed-settings.ts';
import type { Config } from '../config/config.ts';
import { isLoopback } from '../config/host-name.ts';

/** The first lines of a gateway in a terminal: where it is, the sign-in page's address to scan, and who may sign in. */
export function greeting(config: Config): string {
  const page = `${config.issuer}/`;
  const lines = [
    `Scangate is ready at ${page}  (listening on ${config.HOST}:${config.PORT}, store ${withoutCredentials(config.SCANGATE_STORE)})`,
  ];
  if (config.phoneIdentities.includes('demo')) {
    lines.push(
      'The pretend phone identity "demo" is ON: anyone who reaches this address can be anyone. Never use it for real users.',
    );
  }
  lines.push('The sign-in page:', encodeQR(page, 'ascii', { ecc: 'low', border: 2 }).trimEnd());
  const lan = lanAddress();
  if (lan !== undefined && isLoopback(config.publicUrl.hostname)) {
    lines.push(
      `For a phone on this network: HOST=0.0.0.0 SCANGATE_PUBLIC_URL=http://${lan}:${config.PORT} npm start`,
    );
  }
  lines.push('Ctrl-C ends it.');
  return `${lines.join('\n')}\n`;
}

function lanAddress(): string | undefined {
  return Object.values(networkInterfaces())
    .flat()
    .find((address) => address?.family === 'IPv4' && !address.internal)?.address;
}
