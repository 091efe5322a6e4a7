/**
 * A long record: how soon a user's last 50 sign-ins are found among many entries, and how much memory reading all of it takes. On
 * LMDB, and on a PostgreSQL of its own. `ENTRIES=1000000 node bench/record.mjs` for the whole count; `KEEPERS=lmdb` for one. All of it
 * is read by a process of its own, whose memory is told after each tenth: what is its own (`Anonymous` of Linux), and with the pages of
 * LMDB's file that it looked at, which the system takes back when it needs them (`Rss`).
 */
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { openFileArchive, openFileArchiveToRead } from '../dist/keepers/file/open-archive.js';
import { openPostgresArchive } from '../dist/keepers/postgres/open-archive.js';
import { entryText } from '../dist/record/chain/entry-text.js';
import { linkHash } from '../dist/record/chain/link.js';
import { columnsOf } from '../dist/record/entry/entry.js';
import { idOf } from '../dist/record/ids/sortable-id.js';
import { decisionsOf } from '../dist/record/search/history.js';
import { search } from '../dist/record/search/search.js';
import { findTool } from '../scripts/find-tools.mjs';

const run = promisify(execFile);
const ENTRIES = Number(process.env.ENTRIES ?? 100_000);
const KEEPERS = (process.env.KEEPERS ?? 'lmdb,postgres').split(',');
/** They are spread over so many days, up to now: a PostgreSQL has a table for each. */
const DAYS = 90;
const DAY_MS = 86_400_000;
/** What one sign-in leaves. */
const KINDS = ['minted', 'scanned', 'confirmed', 'redeemed', 'opened', 'refreshed'];
const SIGN_INS = Math.ceil(ENTRIES / KINDS.length);
/** One user signs in all the time, another did so 50 times at the beginning, and the others a hundred times each. */
const BUSY_EVERY = 50;
const EARLY = 50;
const OTHERS = Math.ceil(SIGN_INS / 100);
const BATCH = 600;
const SHOWN = 50;
const TRIES = 20;
const KEY = Buffer.alloc(32, 7);
const NOBODY = 65_534;

if (process.argv[2] === 'read') {
  await readAll(process.argv[3]);
  process.exit(0);
}
const folder = await mkdtemp(join(tmpdir(), 'scangate-record-'));
const endings = [() => rm(folder, { recursive: true, force: true })];
try {
  console.log(`${ENTRIES} entries of ${DAYS} days, Node ${process.version}, ${availableParallelism()} cores`);
  if (KEEPERS.includes('lmdb')) {
    const place = join(folder, 'lmdb');
    await measure('LMDB', place, await openFileArchive(place));
  }
  if (KEEPERS.includes('postgres')) {
    const place = await startPostgres();
    await measure('PostgreSQL', place, await openPostgresArchive(place, Date.now));
  }
} finally {
  for (const end of endings.toReversed()) await end();
}

async function measure(name, place, archive) {
  const began = performance.now();
  await fill(archive);
  console.log(`${name}: filled in ${seconds(performance.now() - began)}`);
  const user = (subject) => ({ source: 'jwt', issuer: 'https://id.example', subject });
  const asked = (query) => () => search(archive, { newestFirst: true, limit: SHOWN, ...query });
  const searches = [
    ['last 50 decisions, a busy user', () => decisionsOf(archive, user('busy'), SHOWN)],
    ['last 50 decisions, a user of long ago', () => decisionsOf(archive, user('early'), SHOWN)],
    ['last 50 decisions, nobody', () => decisionsOf(archive, user('nobody'), SHOWN)],
    ['audit --user, newest 50, a busy user', asked({ user: 'busy' })],
    ['audit --user, newest 50, a user of long ago', asked({ user: 'early' })],
    ['audit --user --kind, newest 50, a busy user', asked({ user: 'busy', kind: 'confirmed' })],
    ['audit --address, newest 50', asked({ address: '198.51.100.9' })],
  ];
  for (const searched of searches) {
    const what = String(searched[0]);
    const find = searched[1];
    const times = [];
    let found = 0;
    for (let tried = 0; tried <= TRIES; tried += 1) {
      const start = performance.now();
      const answer = await find();
      times.push(performance.now() - start);
      found = (answer.events ?? answer).length;
    }
    const [first, ...rest] = times;
    const median = rest.toSorted((one, other) => one - other)[TRIES / 2];
    console.log(
      `${name}: ${what}: ${found} found, first ${ms(first)}, then ${ms(median)}, worst ${ms(Math.max(...rest))}`,
    );
  }
  await archive.close();
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [fileURLToPath(import.meta.url), 'read', place],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`the record was not read: ${stderr}`);
  console.log(`${name}: ${stdout.trim()}`);
}

/** Reads the whole record page by page, as `scangate audit --json` does, and looks at this process' memory after each tenth. */
async function readAll(place) {
  const archive = place.startsWith('postgres:')
    ? await openPostgresArchive(place, Date.now)
    : await openFileArchiveToRead(place);
  const start = performance.now();
  const looks = [];
  let [count, after] = [0, undefined];
  do {
    const page = await search(archive, { newestFirst: false, limit: 1000, after });
    count += page.events.length;
    after = page.next;
    if (count >= ((looks.length + 1) * ENTRIES) / 10) looks.push(memory());
  } while (after !== undefined);
  const passed = seconds(performance.now() - start);
  await archive.close();
  const told = (name) => looks.map((look) => look[name]).join(', ');
  console.log(
    `all ${count} read in ${passed}; MiB after each tenth: ${told('own')}; with the file: ${told('all')}`,
  );
}

/** In MiB. Without Linux' `/proc` what Node says. */
function memory() {
  try {
    const text = readFileSync('/proc/self/smaps_rollup', 'utf8');
    const mib = (name) => Math.round(Number(new RegExp(`^${name}: +(\\d+)`, 'm').exec(text)[1]) / 1024);
    return { own: mib('Anonymous'), all: mib('Rss') };
  } catch {
    const { heapUsed, external, rss } = process.memoryUsage();
    return { own: Math.round((heapUsed + external) / 2 ** 20), all: Math.round(rss / 2 ** 20) };
  }
}

async function fill(archive) {
  const from = Date.now() - DAYS * DAY_MS;
  let head = { link: 0, hash: '' };
  let [rows, keys] = [[], []];
  const flush = async () => {
    if (rows.length === 0) return;
    const behind = { link: rows[0].link - 1, hash: rows[0].before };
    if (!(await archive.add(0, behind, rows, keys))) throw new Error('the archive took nothing');
    [rows, keys] = [[], []];
  };
  for (let number = 0; number < SIGN_INS; number += 1) {
    const at = from + Math.floor((number * DAYS * DAY_MS) / SIGN_INS);
    keys.push({ name: `ticket-${number}`, bytes: KEY });
    for (const [step, kind] of KINDS.entries()) {
      const entry = { id: idOf(at + step, number % 4096), ...said(number, kind, step) };
      const text = entryText(entry, KEY);
      const link = { link: head.link + 1, hash: linkHash(head.hash, text) };
      rows.push({
        id: entry.id,
        text,
        chain: 0,
        ...link,
        before: head.hash,
        key: `ticket-${number}`,
        columns: columnsOf(entry),
      });
      head = link;
    }
    if (rows.length >= BATCH) await flush();
  }
  await flush();
}

function said(number, kind, step) {
  const subject = number < EARLY ? 'early' : number % BUSY_EVERY === 0 ? 'busy' : `user-${number % OTHERS}`;
  const person = { user: subject, source: 'jwt', issuer: 'https://id.example' };
  const address = `203.0.${number % 250}.${(number >> 8) % 250}`;
  const agent = 'Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0';
  const phone = {
    address: number % 1000 === 0 ? '198.51.100.9' : `198.51.${number % 90}.7`,
    agent: 'ShopApp/7.1',
  };
  const byPhone = kind === 'scanned' || kind === 'confirmed';
  return {
    facts: {
      kind,
      ticket_id: `ticket-${number}`,
      ...(step > 3 && { session_id: `session-${number}` }),
      client_id: 'shop',
      cursor: `${step + 1}-${number}`,
    },
    personal: {
      ...(kind !== 'minted' && person),
      ...(byPhone ? { ...phone, browser: { address, agent } } : { address, agent }),
    },
  };
}

/** Without the flushes of a real one: what is measured is reading. */
async function startPostgres() {
  const program = await findTool('pg_ctl');
  const isRoot = process.getuid?.() === 0;
  if (isRoot) await chown(folder, NOBODY, NOBODY);
  const control = async (...args) => {
    const as = isRoot
      ? [
          'setpriv',
          `--reuid=${NOBODY}`,
          `--regid=${NOBODY}`,
          '--clear-groups',
          '--inh-caps=+dac_override',
          '--ambient-caps=+dac_override',
        ]
      : [];
    const [command, ...rest] = [...as, program, '-D', join(folder, 'data'), ...args];
    await run(command, rest, { cwd: folder });
  };
  await control('initdb', '-s', '-o', '--no-sync -A trust -U scangate -E UTF8 --locale=C');
  const port = await freePort();
  const options = `-c port=${port} -c fsync=off -c unix_socket_directories= -c listen_addresses=127.0.0.1`;
  await control('start', '-s', '-w', '-l', join(folder, 'log'), '-o', options);
  endings.push(() => control('stop', '-s', '-m', 'immediate'));
  console.log(execFileSync(program, ['--version'], { encoding: 'utf8' }).trim());
  return `postgres://scangate@127.0.0.1:${port}/postgres`;
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function seconds(passed) {
  return `${(passed / 1000).toFixed(1)} s`;
}

function ms(passed) {
  return `${passed.toFixed(1)} ms`;
}
