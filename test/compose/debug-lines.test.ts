import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { startGateway } from '../support/gateway.ts';

interface Line {
  readonly level: string;
  readonly msg: string;
  readonly part?: string;
  readonly ms?: number;
  readonly step?: string;
  readonly held?: number;
  readonly settings?: Readonly<Record<string, string>>;
}

const linesOf = (stdout: string): Line[] =>
  stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line);

test('debug says each part as it comes up and goes, the drain, and what is not a default', async () => {
  const secret = randomBytes(32).toString('base64url');
  const gateway = await startGateway({
    env: { SCANGATE_LOG_LEVEL: 'debug', SCANGATE_SECRETS: secret, SCANGATE_DRAIN_MAX: 'PT5S' },
  });
  await gateway.stop();
  const { stdout, stderr } = gateway.output();
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
  const gateway = await startGateway();
  await gateway.stop();
  expect(linesOf(gateway.output().stdout).filter(({ level }) => level === 'debug')).toEqual([]);
});
