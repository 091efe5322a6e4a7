/**
 * `npm run fuzz`: sends a gateway what no client sends, and looks for an answer that `openapi.yaml` does not have, a 5xx, a
 * secret that is repeated, and what is not given back (`test/fuzz`).
 *
 *     --requests <n>    malformed requests, made from openapi.yaml (100000; 0 where only sequences are asked for)
 *     --sequences <n>   sign-ins that go right up to a point, where one thing is wrong (10000; 0 where only requests are)
 *     --store <store>   file, or redis, of which one is started (file)
 *     --seed <n>        again as before
 *     --request <n>     with the seed of a run: the request of this number alone, as a finding names it; where that is right,
 *                       behind those that were sent with it, one after the other
 *     --sequence <n>    with the seed of a run: the sequence of this number alone
 *     --help            this
 *
 * How far it is goes to standard error; what was sent where, and what was answered, to standard output. The exit status is 0
 * where nothing was found, 1 where something was, and 2 where it could not be played.
 */
import { register } from 'node:module';
import { parseArgs } from 'node:util';
import { helpWhereAsked } from './help.mjs';

helpWhereAsked(import.meta.url);

register('./typescript-loader.mjs', import.meta.url);
const { fuzz, fuzzOne } = await import('../test/fuzz/fuzz.ts');
const { FUZZED_STORES } = await import('../test/fuzz/gateway.ts');

// What was started ends with this process.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));

process.exitCode = await main();

async function main() {
  try {
    const { index, of, ...options } = asksFor();
    return index === undefined ? await fuzz(options) : await fuzzOne({ ...options, of, index });
  } catch (error) {
    console.error(`fuzz: ${error.message}`);
    return 2;
  }
}

/** The command line. @throws Error with one line */
function asksFor() {
  const names = ['seed', 'requests', 'sequences', 'request', 'sequence'];
  const flags = Object.fromEntries([...names, 'store'].map((name) => [name, { type: 'string' }]));
  const { values } = parseArgs({ options: flags });
  const [seed, requests, sequences, request, sequence] = names.map((name) => wholeOf(name, values[name]));
  const { store = 'file' } = values;
  if (!FUZZED_STORES.includes(store)) throw new Error(`--store is one of ${FUZZED_STORES.join(', ')}`);
  if (seed === undefined && (request ?? sequence) !== undefined)
    throw new Error('--request and --sequence are numbers of a run, and need its --seed');
  return {
    seed: seed ?? Math.floor(Math.random() * 2 ** 32),
    requests: requests ?? (sequences === undefined ? 100_000 : 0),
    sequences: sequences ?? (requests === undefined ? 10_000 : 0),
    store,
    of: request === undefined ? 'sequence' : 'request',
    index: request ?? sequence,
  };
}

function wholeOf(name, text) {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(number) || number < 0)
    throw new Error(`--${name} is a whole number from 0 on`);
  return number;
}
