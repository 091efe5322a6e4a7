/**
 * `npm run audit -- --url <gateway>`: looks at a gateway from outside, as anybody could, and says what weakens it. For your own
 * deployment: it mints a few tickets and sends some requests that are refused.
 *
 *     --url <address>      the gateway's public address
 *     --client <id>        a client whose tickets need no redirect address, for what is looked at on a ticket
 *     --redirect <uri>     its redirect address, where it has several
 *     --admin <host:port>  where nobody but operators must be answered; by default <host>:<port + 1000>, off loopback
 *     --flood              also tries whether a limit of requests holds: up to 1,000, and its own address waits a minute then
 *     --accept <check>     a check whose weaknesses are known and wanted; may be repeated
 *     --json               one JSON document in place of the table
 *     --help               this
 *
 * The exit status is 0 without weaknesses, 1 with some, and 2 where nothing could be looked at.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { audit } from './audit/audit.mjs';

const OPTIONS = /** @type {const} */ ({
  url: { type: 'string' },
  client: { type: 'string' },
  redirect: { type: 'string' },
  admin: { type: 'string' },
  flood: { type: 'boolean', default: false },
  accept: { type: 'string', multiple: true, default: [] },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
});

process.exitCode = await main();

async function main() {
  let given;
  try {
    given = parseArgs({ options: OPTIONS }).values;
  } catch (error) {
    return complain(/** @type {Error} */ (error).message);
  }
  if (given.help) {
    const [head = ''] = readFileSync(fileURLToPath(import.meta.url), 'utf8').split('*/');
    console.log(head.replace(/^\/\*\*\n/, '').replaceAll(/^ \* ?/gm, ''));
    return 0;
  }
  const { url } = given;
  if (typeof url !== 'string' || !/^https?:\/\//.test(url) || !URL.canParse(url))
    return complain('--url is not an address that begins with https:// or http://');
  try {
    const found = await audit({ ...given, url });
    if (given.json) console.log(JSON.stringify(found, null, 2));
    else console.log(tableOf(found));
    return found.weaknesses.length === 0 ? 0 : 1;
  } catch (error) {
    return complain(`${url} cannot be asked: ${/** @type {Error} */ (error).message}`);
  }
}

/** @param {string} why */
function complain(why) {
  console.error(`audit: ${why}`);
  return 2;
}

/** @param {Awaited<ReturnType<typeof audit>>} found */
function tableOf({ url, checks, weaknesses }) {
  const rows = checks.flatMap(({ name, outcome, says }) =>
    (says.length === 0 ? [''] : says).map(
      (say, index) =>
        `  ${(index === 0 ? name : '').padEnd(12)} ${(index === 0 ? outcome : '').padEnd(9)} ${say}`,
    ),
  );
  const end =
    weaknesses.length === 0 ? 'No weakness was found.' : `Weak: ${weaknesses.length}, as said above.`;
  return [url, ...rows.map((row) => row.trimEnd()), end].join('\n');
}
