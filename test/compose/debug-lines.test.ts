import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';
import type { Said } from '../support/scangate.ts';
import { startWarm } from '../support/warm.ts';
import type { Warm } from '../support/warm.ts';

interface Line {
  readonly level: string;
  readonly msg: string;
  readonly part?: string;
  readonly ms?: number;
  readonly step?: string;
  readonly held?: number;
  readonly settings?: Readonly<Record<string, string>>;
}

let folder: TemporaryFolder;
let warm: Warm;

beforeAll(async () => {
  warm = startWarm();
  folder = await temporaryFolder();
});

afterAll(async () => {
  await Promise.all([warm.stop(), folder?.remove()]);
});

/** All that a gateway prints that starts and stops. */
async function printed(env: Readonly<Record<string, string>> = {}): Promise<Said> {
  const store = `file:${join(folder.path, 'store')}`;
  const drain = { SCANGATE_DRAIN_WAIT: 'PT0S', SCANGATE_DRAIN_WINDOW: 'PT0.2S' };
  const usual = { PORT: '0', SCANGATE_STORE: store, SCANGATE_ADMIN_LISTEN: 'off', ...drain };
  const said = await warm.start({ ...usual, ...env }, folder.path);
  expect(said.status).toBe(0);
  return said;
}

const linesOf = (stdout: string): Line[] =>
  stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line);

test('debug says each part as it comes up and goes, the drain, and what is not a default', async () => {
  const secret = randomBytes(32).toString('base64url');
  const env = { SCANGATE_LOG_LEVEL: 'debug', SCANGATE_SECRETS: secret, SCANGATE_DRAIN_MAX: 'PT5S' };
  const { stdout, stderr } = await printed(env);
  expect(stderr).toBe('');
  expect(stdout).not.toContain(secret);
  const lines = linesOf(stdout);
  const [settings] = lines;
  expect(settings?.settings).toMatchObject({ SCANGATE_SECRETS: '(set)', SCANGATE_DRAIN_MAX: 'PT5S' });
  expect(settings?.settings).not.toHaveProperty('SCANGATE_TICKET_LIFE');
  const parts = lines.filter(({ part }) => part !== undefined);
  expect(parts.every(({ level, ms }) => level === 'debug' && typeof ms === 'number')).toBe(true);
  const said = lines.map(({ msg }) => msg);
  const wanted = ['clients: open', 'stores: open', 'edge: open', 'feed: open', 'listening', 'started'];
  const left = ['the server is closed', 'sweeper: closed', 'feed: closed', 'stores: closed'];
  expect(said.filter((msg) => [...wanted, ...left].includes(msg))).toEqual([...wanted, ...left]);
  expect(lines.filter(({ step }) => step !== undefined).map(({ step, held }) => [step, held])).toEqual([
    ['waiting', 0],
    ['closing over', 0],
  ]);
});

test('by default nothing of it is said', async () => {
  expect(linesOf((await printed()).stdout).filter(({ level }) => level === 'debug')).toEqual([]);
});
