import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('peers', import.meta.url));

/** The packages that the gateway is measured beside, in a folder of their own: nothing else needs them. */
export function installPeers() {
  if (existsSync(`${folder}/node_modules/.package-lock.json`)) return;
  console.error('Installing what the gateway is measured beside (npm ci in bench/peers) …');
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error('npm ci in bench/peers failed');
}
