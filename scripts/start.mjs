/**
 * `npm start`: builds when `dist` is stale, then becomes the gateway in this very process, so signals reach it. Arguments
 * are those of `scangate serve`: `npm start -- --help`.
 */
import { existsSync } from 'node:fs';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19))
  stop(`Scangate needs Node 20.19 or later; this is ${process.version}`);
if (!existsSync(new URL('../node_modules', import.meta.url)))
  stop('the dependencies are missing: run `npm ci` first');

try {
  const { ensureBuilt } = await import('./build.mjs');
  await ensureBuilt();
} catch (error) {
  stop(error.message);
}
const given = process.argv.slice(2);
process.argv.splice(2, given.length, 'serve', ...given);
const entry = given.length === 0 ? 'main.js' : 'cli/scangate.js';
await import(new URL(`../dist/${entry}`, import.meta.url).href);

function stop(line) {
  console.error(line);
  process.exit(1);
}
