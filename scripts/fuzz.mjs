/**
 * `npm run fuzz`: sends a gateway what no client sends, and looks for an answer that `openapi.yaml` does not have, a 5xx, a
 * secret that is repeated, and what is not given back (`test/fuzz`).
 *
 *     npm run fuzz -- --requests 100000      malformed requests, made from openapi.yaml
 *     npm run fuzz -- --sequences 10000      sign-ins that go right up to a point, where one thing is wrong
 *     npm run fuzz -- --seed 7               again as before
 */
import { register } from 'node:module';
import { parseArgs } from 'node:util';
import { helpWhereAsked } from './help.mjs';

helpWhereAsked(import.meta.url);

register('./typescript-loader.mjs', import.meta.url);
const { fuzz } = await import('../test/fuzz/fuzz.ts');

const whole = { type: 'string' };
const { values } = parseArgs({ options: { seed: whole, requests: whole, sequences: whole } });
const number = (text, otherwise) => (text === undefined ? otherwise : Number(text));

process.exitCode = await fuzz({
  seed: number(values.seed, Math.floor(Math.random() * 2 ** 32)),
  requests: number(values.requests, values.sequences === undefined ? 100_000 : 0),
  sequences: number(values.sequences, values.requests === undefined ? 10_000 : 0),
});
