/**
 * `npm run half-dead`: an owner signs in at an even pace, in rounds without and rounds with an attacker who keeps thousands of
 * half-dead connections of seven kinds open (`test/half-dead`), at a gateway with its default settings. On Linux.
 * Memory is measured with garbage collected, but in the midst of an attack.
 *
 *     --connections <n>   how many stand at one time, by the gateway's own count (5000); 0: the same without an attack, a control
 *     --addresses <n>     loopback addresses that they come from (50)
 *     --rounds <n>        how many rounds of each, in turn (6)
 *     --seconds <n>       how long a round is (15)
 *     --pace <n>          sign-ins of the owner a second (20)
 *     --quiet <n>         how long the attacker holds on at the end and opens nothing more, in seconds (60)
 *     --json              one JSON document in place of the table
 *     --help              this
 *
 * The exit status is 0 where at half of all looks at least 95 % of them stood, no sign-in failed, p99 with them is at most 1.25
 * times as long, and descriptors and memory are back within a minute; 1 where not, and 2 where it could not be played.
 */
import { readFileSync } from 'node:fs';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

register('./typescript-loader.mjs', import.meta.url);
const { playHalfDead } = await import('../test/half-dead/half-dead.ts');
const { broken, tableOf } = await import('../test/half-dead/verdict.ts');

const DEFAULTS = { connections: 5000, addresses: 50, rounds: 6, seconds: 15, pace: 20, quiet: 60 };

process.exitCode = await main();

async function main() {
  let asked;
  try {
    asked = asksFor();
  } catch (error) {
    console.error(`half-dead: ${error.message}`);
    return 2;
  }
  if (asked === 'help') {
    const [head] = readFileSync(fileURLToPath(import.meta.url), 'utf8').split('*/');
    console.log(head.replace(/^\/\*\*\n/, '').replaceAll(/^ \* ?/gm, ''));
    return 0;
  }
  const { json, ...options } = asked;
  try {
    const result = await playHalfDead(options, (progress) => console.error(`half-dead: ${progress}`));
    const mistakes = broken(options, result);
    console.log(json ? JSON.stringify({ options, ...result, mistakes }, null, 2) : tableOf(options, result));
    return mistakes.length === 0 ? 0 : 1;
  } catch (error) {
    console.error(`half-dead: ${error.message}`);
    return 2;
  }
}

/** The command line. @throws Error with one line */
function asksFor() {
  const numbers = Object.keys(DEFAULTS).map((name) => [name, { type: 'string' }]);
  const flags = { json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } };
  const { values } = parseArgs({ options: { ...Object.fromEntries(numbers), ...flags } });
  if (values.help) return 'help';
  const options = { ...DEFAULTS };
  for (const name of Object.keys(DEFAULTS)) {
    const number = Number(values[name] ?? DEFAULTS[name]);
    const least = name === 'quiet' || name === 'connections' ? 0 : 1;
    if (!Number.isSafeInteger(number) || number < least)
      throw new Error(`--${name} is a whole number from ${least} on`);
    options[name] = number;
  }
  if (options.addresses > 250) throw new Error('--addresses is at most 250');
  return { ...options, json: values.json };
}
