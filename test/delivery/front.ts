import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startChild } from '../support/child.ts';
import { temporaryFolder } from '../support/folder.ts';
import { tool } from '../support/tools.ts';
import { until } from '../support/until.ts';

export const FRONTS = ['nginx', 'nginx that compresses everything', 'haproxy'] as const;
export type FrontName = (typeof FRONTS)[number];

/** A certificate for localhost that lasts a day, by the `openssl` command. */
export interface Certificate {
  /** Its file, for `NODE_EXTRA_CA_CERTS`. */
  readonly path: string;
  readonly pem: string;
  /** Certificate and key in one file, as HAProxy reads them. */
  readonly bothPath: string;
  readonly keyPath: string;
}

/** Makes a certificate in this folder. */
export async function makeCertificate(folder: string, days = 1): Promise<Certificate> {
  const [path, keyPath, bothPath] = ['cert.pem', 'key.pem', 'both.pem'].map((name) => join(folder, name));
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const kind = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await promisify(execFile)('openssl', [
    ...kind,
    ...subject,
    '-days',
    String(days),
    '-keyout',
    keyPath!,
    '-out',
    path!,
  ]);
  const pem = await readFile(path!, 'utf8');
  await writeFile(bothPath!, pem + (await readFile(keyPath!, 'utf8')));
  return { path: path!, pem, bothPath: bothPath!, keyPath: keyPath! };
}

/** A path on the proxy's host that leads to the gateway. */
export interface FrontPath {
  /** With a slash at its beginning and none at its end. */
  readonly path: string;
  /** Whether the proxy takes it away before it asks the gateway. */
  readonly strips: boolean;
}

/** A real proxy with TLS and HTTP/2 in front of a gateway. */
export interface Front {
  output(): string;
  stop(): Promise<void>;
}

/** Starts a proxy from Debian as its package configures it, as far as a user without rights may. */
export async function startFront(
  name: FrontName,
  port: number,
  gatewayPort: number,
  certificate: Certificate,
  at: FrontPath = { path: '', strips: false },
): Promise<Front> {
  const folder = await temporaryFolder();
  const file = join(folder.path, 'front.conf');
  const isNginx = name !== 'haproxy';
  await writeFile(
    file,
    isNginx
      ? nginxConfig(port, nginxLocations(gatewayPort, at), certificate, folder.path, name !== 'nginx')
      : haproxyConfig(port, gatewayPort, certificate, at),
  );
  const child = isNginx
    ? startChild(await tool('nginx'), ['-c', file, '-p', folder.path, '-e', 'stderr'])
    : startChild(await tool('haproxy'), ['-db', '-f', file]);
  const output = (): string => Object.values(child.output()).join('');
  await until(
    async () => {
      if (!child.isRunning()) throw new Error(output());
      return accepts(port);
    },
    { what: `${name} listening: ${output()}` },
  );
  return {
    output,
    stop: async () => {
      await child.stop();
      await folder.remove();
    },
  };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

/** Debian's nginx.conf, a site with TLS, and for sockets what every guide to nginx has. */
function nginxConfig(
  port: number,
  locations: string,
  { path, keyPath }: Certificate,
  folder: string,
  compressesAll: boolean,
): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  );
  return `
daemon off;
pid ${folder}/nginx.pid;
worker_processes 1;
${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 768; }
http {
  sendfile on;
  tcp_nopush on;
  types_hash_max_size 2048;
  default_type application/octet-stream;
  ssl_protocols TLSv1.2 TLSv1.3;
  access_log off;
  gzip on;
  ${compressesAll ? 'gzip_types *; gzip_proxied any; gzip_min_length 0;' : ''}
  ${temporary.join('\n  ')}
  server {
    listen 127.0.0.1:${port} ssl http2;
    server_name localhost;
    ssl_certificate ${path};
    ssl_certificate_key ${keyPath};
    ${locations}
  }
}
`;
}

function nginxLocations(gatewayPort: number, { path, strips }: FrontPath): string {
  const gateway = `http://127.0.0.1:${gatewayPort}`;
  const rootDocuments =
    path === ''
      ? ''
      : `location ~ ^/[.]well-known/[a-z-]+${path}$ {
      proxy_pass ${gateway};
    }`;
  return `location ${path}/ {
      proxy_pass ${gateway}${strips ? '/' : ''};
    }
    ${rootDocuments}
    location ~ ^${path}(/.*/socket)$ {
      proxy_pass ${gateway}${strips ? '$1$is_args$args' : ''};
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection upgrade;
    }`;
}

/** Debian's haproxy.cfg with its times, and one backend. */
function haproxyConfig(
  port: number,
  gatewayPort: number,
  { bothPath }: Certificate,
  { path, strips }: FrontPath,
): string {
  return `
global
  maxconn 1000
defaults
  mode http
  option dontlognull
  timeout connect 5000
  timeout client 50000
  timeout server 50000
frontend secure
  bind 127.0.0.1:${port} ssl crt ${bothPath} alpn h2,http/1.1
  ${strips ? `http-request replace-path ^${path}/(.*) /\\1` : ''}
  default_backend gateway
backend gateway
  server gateway 127.0.0.1:${gatewayPort}
`;
}
