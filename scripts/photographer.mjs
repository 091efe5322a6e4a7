/**
 * `npm run photographer`: tries what somebody can who has a photograph of a QR code (`test/fuzz/photograph.ts`), in turns on its
 * ticket and on one that never was, and compares what is answered, and how long it takes.
 *
 *     npm run photographer -- --tries 10000
 *     npm run photographer -- --seed 7           again as before
 *     npm run photographer -- --plant 200        in a build that takes so many µs longer where there is a ticket: it must be found
 */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { register } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { helpWhereAsked } from './help.mjs';

helpWhereAsked(import.meta.url);

register('./typescript-loader.mjs', import.meta.url);
const { comparePhotographed } = await import('../test/fuzz/photographed-times.ts');

const root = fileURLToPath(new URL('..', import.meta.url));
const whole = { type: 'string' };
const { values } = parseArgs({ options: { seed: whole, tries: whole, plant: whole } });
const folder = join(root, '.cache', 'photographer', String(process.pid));
process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));

process.exitCode = await comparePhotographed({
  seed: Number(values.seed ?? Math.floor(Math.random() * 2 ** 32)),
  tries: Number(values.tries ?? 10_000),
  main: values.plant === undefined ? undefined : plantDelay(Number(values.plant)),
});

/** A copy of the build in which a browser's check takes longer for tickets that this process minted. */
function plantDelay(us) {
  for (const name of ['dist', 'migrations']) {
    mkdirSync(folder, { recursive: true });
    cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  change('secrets/ticket-secrets.js', 'browserSecret(ticketId, keyId, binding) {', (text) => {
    return `${text}\n        (globalThis.minted ??= new Set()).add(ticketId);`;
  });
  change('http/caller/browser-gate.js', 'claimIfAny(ticketId, headers, page = false) {', (text) => {
    const spin = `for (const end = performance.now() + ${us / 1000}; performance.now() < end; );`;
    return `${text}\n        if (globalThis.minted?.has(ticketId)) ${spin}`;
  });
  return join(folder, 'dist', 'main.js');
}

function change(file, text, replacement) {
  const path = join(folder, 'dist', file);
  const parts = readFileSync(path, 'utf8').split(text);
  if (parts.length !== 2) throw new Error(`${text} does not stand exactly once in ${file}`);
  writeFileSync(path, parts.join(replacement(text)));
}
