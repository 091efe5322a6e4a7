import { connect } from 'node:net';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Certificate } from '../delivery/front.ts';
import { startChild } from '../support/child.ts';
import type { Child } from '../support/child.ts';
import { temporaryFolder } from '../support/folder.ts';
import { tool } from '../support/tools.ts';
import { until } from '../support/until.ts';
import { sample } from './samples.ts';

export const PROXIES = ['nginx', 'nginx under a path', 'haproxy', 'caddy'] as const;
export type ProxyName = (typeof PROXIES)[number];

/** Where a sample listens in a test; `plain` leads to the gateways too, for clients that know no certificate of ours. */
export interface Listens {
  readonly secure: number;
  readonly plain: number;
  readonly redirect: number;
}

/** The samples of `deploy/proxy`, with the addresses, and nothing else, of this test. */
export async function startProxy(
  name: ProxyName,
  { secure, plain, redirect }: Listens,
  gateways: readonly number[],
  { path, keyPath, bothPath }: Certificate,
): Promise<{ stop(): Promise<void> }> {
  const folder = await temporaryFolder();
  const file = join(folder.path, 'proxy.conf');
  const [first, ...others] = gateways;
  const nginx = async (): Promise<string> => {
    const server = 'server 127.0.0.1:8081 max_fails=1 fail_timeout=2s;';
    const host = await sample('proxy/nginx.conf', {
      'listen 443 ssl http2;': `listen 127.0.0.1:${secure} ssl http2; listen 127.0.0.1:${plain};`,
      'listen 80;': `listen 127.0.0.1:${redirect};`,
      'scan.example.com': 'localhost',
      '/etc/ssl/scangate/cert.pem': path,
      '/etc/ssl/scangate/key.pem': keyPath,
      [server]: others.map((port) => server.replace('8081', String(port))).join(' '),
      '127.0.0.1:8080': `127.0.0.1:${first}`,
    });
    return name === 'nginx'
      ? host
      : host.replace(/ {2}location \/ \{[^}]*\}/, await sample('proxy/nginx-path.conf'));
  };
  const haproxy = (): Promise<string> =>
    sample('proxy/haproxy.cfg', {
      'bind :443 ssl crt /etc/ssl/scangate/both.pem': `bind 127.0.0.1:${plain}\n  bind 127.0.0.1:${secure} ssl crt ${bothPath}`,
      'bind :80': `bind 127.0.0.1:${redirect}`,
      'maxconn 100000': 'maxconn 1000',
      'server b 127.0.0.1:8081': others
        .map((port, index) => `server b${index} 127.0.0.1:${port}`)
        .join('\n  '),
      '127.0.0.1:8080': `127.0.0.1:${first}`,
    });
  const caddySite = (address: string, tls: string): Promise<string> =>
    sample('proxy/Caddyfile', {
      'scan.example.com {': `${address} {\n  ${tls}`,
      '127.0.0.1:8081': others.map((port) => `127.0.0.1:${port}`).join(' '),
      '127.0.0.1:8080': `127.0.0.1:${first}`,
    });
  const caddy = async (): Promise<string> =>
    [
      `{\n  admin off\n  http_port ${redirect}\n  https_port ${secure}\n}`,
      await caddySite(`localhost:${secure}`, `tls ${path} ${keyPath}`),
      await caddySite(`http://localhost:${plain}`, ''),
    ].join('\n');

  const start = async (): Promise<Child> => {
    if (name === 'haproxy') {
      await writeFile(file, await haproxy());
      return startChild(await tool('haproxy'), ['-db', '-f', file]);
    }
    if (name === 'caddy') {
      await writeFile(file, await caddy());
      const env = {
        ...process.env,
        HOME: folder.path,
        XDG_DATA_HOME: folder.path,
        XDG_CONFIG_HOME: folder.path,
      };
      return startChild(await tool('caddy'), ['run', '--config', file, '--adapter', 'caddyfile'], { env });
    }
    await writeFile(file, around(await nginx(), folder.path));
    return startChild(await tool('nginx'), ['-c', file, '-p', folder.path, '-e', 'stderr']);
  };
  const child = await start();
  await until(() => !child.isRunning() || accepts(secure), { what: `${name} listening` });
  if (!child.isRunning()) throw new Error(Object.values(child.output()).join(''));
  return {
    stop: async () => {
      await child.stop();
      await folder.remove();
    },
  };
}

/** What Debian's nginx.conf has around a site, as far as a user without rights may. */
export function around(site: string, folder: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  );
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  return `daemon off; pid ${folder}/nginx.pid; worker_processes 1; ${user}
events { worker_connections 768; }
http { access_log off; ${temporary.join(' ')}
${site} }
`;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}
