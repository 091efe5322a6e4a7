/**
 * Nchan, a module of nginx that is written in C: channels that are published to by HTTP and waited for by SSE, long-poll or
 * WebSocket, here with Redis between nodes. It reads nothing back before it tells.
 */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { findTool, unpack } from '../../scripts/find-tools.mjs';

const folder = fileURLToPath(new URL('../../.cache/debian/nchan', import.meta.url));
const MODULE = 'usr/lib/nginx/modules/ngx_nchan_module.so';

/** The module, from Debian's packages. */
async function findModule() {
  if (!existsSync(`${folder}/root/${MODULE}`)) {
    console.error(`Fetching libnginx-mod-nchan from Debian's packages into ${folder} …`);
    const work = `${folder}-${process.pid}`;
    mkdirSync(work, { recursive: true });
    await unpack(['libnginx-mod-nchan'], work, process.env);
    rmSync(folder, { recursive: true, force: true });
    renameSync(work, folder);
  }
  return `${folder}/root/${MODULE}`;
}

/** A program and its arguments: one worker that publishes at `/publish/:id` and holds at `/wait/:id`. */
export async function nchanOf({ port, folder: own, redisUrl }) {
  const file = `${own}/nchan-${port}.conf`;
  const redis = redisUrl === undefined ? '' : 'nchan_redis_pass bench;';
  await writeFile(
    file,
    `load_module ${await findModule()};
daemon off;
worker_processes 1;
user root;
pid ${own}/nchan-${port}.pid;
error_log stderr emerg;
events { worker_connections 16000; }
http {
  access_log off;
  client_body_temp_path ${own}/body;
  proxy_temp_path ${own}/proxy;
  fastcgi_temp_path ${own}/fastcgi;
  uwsgi_temp_path ${own}/uwsgi;
  scgi_temp_path ${own}/scgi;
  nchan_shared_memory_size 512M;
  ${redisUrl === undefined ? '' : `upstream bench { nchan_redis_server ${redisUrl}; }`}
  server {
    listen 127.0.0.1:${port} backlog=4096;
    keepalive_requests 1000000;
    location = / { return 200 ok; }
    location ~ ^/publish/(.+)$ { nchan_publisher; nchan_channel_id $1; ${redis} }
    location ~ ^/wait/(.+)$ { nchan_subscriber; nchan_channel_id $1; ${redis} }
  }
}
`,
  );
  return [await findTool('nginx'), ['-p', own, '-c', file]];
}
