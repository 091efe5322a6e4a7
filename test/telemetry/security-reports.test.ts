import { expect, test } from '@jest/globals';
import { countedAddress } from '../../src/http/caller/client-address.ts';
import { makeLog } from '../../src/telemetry/log.ts';
import { makeMetrics } from '../../src/telemetry/metrics.ts';
import { SECURITY_KINDS } from '../../src/telemetry/security-event.ts';
import type { SecurityEvent } from '../../src/telemetry/security-event.ts';
import { SecurityReports } from '../../src/telemetry/security-reports.ts';
import type { ToldSecurityEvent } from '../../src/telemetry/security-reports.ts';

function world() {
  const lines: { level: string; security: ToldSecurityEvent }[] = [];
  const told: ToldSecurityEvent[] = [];
  const metrics = makeMetrics(false);
  const log = makeLog('info', { write: (line) => void lines.push(JSON.parse(line)) });
  const reports = new SecurityReports({ log, metrics, networkOf: countedAddress });
  reports.onTold((event) => void told.push(event));
  return { lines, told, metrics, reports };
}

const guess = (address: string): SecurityEvent => ({
  kind: 'brute_force',
  reason: 'number',
  ticket_id: 'a-ticket',
  address,
});

test('every kind is a series from the start, and each event is one line at warn', async () => {
  const { lines, told, metrics, reports } = world();
  const before = await metrics.registry.metrics();
  for (const kind of SECURITY_KINDS)
    expect(before).toContain(`scangate_security_events_total{kind="${kind}"} 0`);
  reports.report(guess('192.0.2.1'));
  const security = { kind: 'brute_force', reason: 'number', ticket_id: 'a-ticket', address: '192.0.2.1' };
  expect(lines).toEqual([expect.objectContaining({ level: 'warn', security })]);
  expect(told).toEqual([security]);
  expect(await metrics.registry.metrics()).toContain('scangate_security_events_total{kind="brute_force"} 1');
});

test('of one kind and network ten a minute are told, the rest in one line, and all are counted', async () => {
  const { lines, told, metrics, reports } = world();
  for (let index = 0; index < 500; index += 1)
    reports.report(guess(`2001:db8:0:${(index % 200).toString(16)}::1`));
  reports.report(guess('192.0.2.1'));
  expect(told).toHaveLength(11);
  reports.turn();
  expect(told[11]).toEqual({ kind: 'brute_force', reason: 'number', address: '2001:db8:0:0::1', count: 490 });
  expect(lines).toHaveLength(12);
  reports.turn();
  expect(told).toHaveLength(12);
  reports.report(guess('2001:db8::1'));
  expect(told).toHaveLength(13);
  expect(await metrics.registry.metrics()).toContain(
    'scangate_security_events_total{kind="brute_force"} 502',
  );
});

test('as many addresses as there are do not make as many lines', () => {
  const { told, reports } = world();
  for (let index = 0; index < 70_000; index += 1)
    reports.report(guess(`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`));
  expect(told.length).toBe(1000 + 10);
  reports.turn();
  expect(told.at(-1)).toEqual({ kind: 'brute_force', reason: 'number', count: 70_000 - 1000 - 10 });
});

test('clients that fail to prove themselves again and again are guessing', () => {
  const { told, reports } = world();
  const failed: SecurityEvent = { kind: 'client_auth_failed', reason: 'wrong_secret', address: '192.0.2.1' };
  for (let index = 0; index < 30; index += 1) reports.report({ ...failed, client_id: 'app' });
  expect(told.filter(({ kind }) => kind === 'brute_force')).toEqual([
    { kind: 'brute_force', reason: 'client_secret', client_id: 'app', address: '192.0.2.1' },
  ]);
});

test('what an operator does is told each time, whatever else of its kind there was', () => {
  const { told, reports } = world();
  const revoked = (reason: 'everywhere' | 'operator' | 'operator_begun'): SecurityEvent => ({
    kind: 'revocation',
    reason,
  });
  for (let index = 0; index < 30; index += 1) {
    reports.report(revoked('everywhere'));
    reports.report(revoked('operator_begun'));
    reports.report(revoked('operator'));
  }
  reports.turn();
  expect(told.filter(({ reason }) => reason !== 'everywhere')).toHaveLength(60);
  expect(told.at(-1)).toEqual({ ...revoked('everywhere'), count: 20 });
});

test('nothing of a user but who they are, and no text of any length', () => {
  const { told, lines, reports } = world();
  const user = { source: 'jwt', issuer: 'https://id.example', subject: 's'.repeat(5000), name: 'Ada' };
  reports.report({ kind: 'report', reason: 'not_mine', user, address: '192.0.2.1' });
  const told200 = {
    kind: 'report',
    reason: 'not_mine',
    user: { source: 'jwt', issuer: 'https://id.example', subject: 's'.repeat(200) },
    address: '192.0.2.1',
  };
  expect(lines).toEqual([expect.objectContaining({ security: told200 })]);
  expect(told).toEqual([{ ...told200, user: { ...told200.user, subject: 's'.repeat(255) } }]);
});

test('who listens is told the subject as its source has it, by which a user is found', () => {
  const { told, lines, reports } = world();
  for (const subject of ['y'.repeat(200) + 'Z', 'a\u0085b\u202ec']) {
    reports.report({ kind: 'revocation', reason: 'everywhere', user: { source: 'demo', subject } });
    expect(told.at(-1)?.user?.subject).toBe(subject);
    expect(lines.at(-1)?.security.user?.subject).not.toBe(subject);
  }
});

test('nothing that a terminal obeys', () => {
  const { told, reports } = world();
  reports.report({ kind: 'client_auth_failed', reason: 'wrong_secret', client_id: 'a\u009b31m\u202eb' });
  expect(told).toMatchObject([{ client_id: 'a\ufffd31m\ufffdb' }]);
});
