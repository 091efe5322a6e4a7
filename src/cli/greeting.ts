import type { networkInterfaces } from 'node:os';
import { encodeQR } from 'qr';
import { withoutCredentials } from '../config/changed-settings.ts';
import type { Config } from '../config/config.ts';
import { isLoopback, isPrivate } from '../config/host-name.ts';

/** The addresses of this machine, as Node tells them. */
export type Interfaces = ReturnType<typeof networkInterfaces>;

/**
 * The first lines of a gateway in a terminal: where it is, the sign-in page's address to scan, and who may sign in.
 *
 * @param call by which it was started.
 * @param operatorsUrl where the page for operators is; undefined: nowhere.
 */
export function greeting(
  config: Config,
  interfaces: Interfaces,
  call: string,
  operatorsUrl?: string,
): string {
  const page = `${config.issuer}/`;
  const lines = [
    `Scangate is ready at ${page}  (listening on ${config.HOST}:${config.PORT}${config.tlsFiles === undefined ? '' : ' with TLS'}, store ${withoutCredentials(config.SCANGATE_STORE)})`,
  ];
  const isDemo = config.phoneIdentities.includes('demo');
  if (isDemo) {
    lines.push(
      'The pretend phone identity "demo" is ON: anyone who reaches this address can be anyone. Never use it for real users.',
    );
  }
  lines.push('The sign-in page:', encodeQR(page, 'ascii', { ecc: 'low', border: 2 }).trimEnd());
  if (operatorsUrl !== undefined) lines.push(`What goes on inside, for whoever runs it: ${operatorsUrl}`);
  const lan = privateAddress(interfaces);
  if (lan !== undefined && isLoopback(config.publicUrl.hostname) && config.tlsFiles === undefined) {
    const leave = isDemo ? 'SCANGATE_PHONE_IDENTITY=demo' : 'SCANGATE_PLAIN_HTTP=allowed';
    lines.push(
      `For a phone on this network: HOST=0.0.0.0 ${leave} SCANGATE_PUBLIC_URL=http://${lan}:${config.PORT} ${call}`,
    );
  }
  lines.push('Ctrl-C ends it.');
  return `${lines.join('\n')}\n`;
}

// Under another address the gateway would not start with demo phones.
function privateAddress(interfaces: Interfaces): string | undefined {
  return Object.values(interfaces)
    .flat()
    .find((one) => one?.family === 'IPv4' && !one.internal && isPrivate(one.address))?.address;
}
