import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { makeLog, describeError, withoutSecrets } from '../../src/telemetry/log.ts';

const secret = `${'A'.repeat(22)}.7.${'B'.repeat(22)}`;

function written(write: (log: ReturnType<typeof makeLog>) => void, level = 'info'): string {
  const lines: string[] = [];
  write(makeLog(level, { write: (line) => void lines.push(line) }));
  return lines.join('');
}

test('a line is one JSON object with a time and a level', () => {
  const line = written((log) => log.info({ count: 2 }, 'hello'));
  expect(JSON.parse(line)).toMatchObject({ level: 'info', count: 2, msg: 'hello' });
  expect(Date.parse((JSON.parse(line) as { time: string }).time)).not.toBeNaN();
});

test('members that are secrets are cut out, where they stand and below', () => {
  const line = written((log) =>
    log.warn({ handshake: 'h-1', headers: { authorization: 'h-2' }, a: { b: { code: 'h-3' } } }, 'x'),
  );
  expect(line).not.toMatch(/h-\d/);
});

test('errors lose whatever has the shape of a secret', () => {
  const error = new Error(
    `no ticket ${secret}, Bearer demo-alice, eyJhbGciOiJFZERTQSJ9.eyJzdWIi.c2lnbmF0dXJl`,
  );
  const line = written((log) => log.error({ err: error }, 'defect'));
  expect(line).toContain('no ticket [secret]');
  for (const part of [secret, 'demo-alice', 'eyJzdWIi']) expect(line).not.toContain(part);
  expect(describeError('text')).toEqual({ type: 'string' });
});

test('what is no secret stays', () => {
  const text = 'connect ECONNREFUSED 127.0.0.1:6379 at node:net:1611:16, src/store/redis/open.ts';
  expect(withoutSecrets(text)).toBe(text);
});

test('below its level nothing is written', () => {
  expect(written((log) => log.info('x'), 'warn')).toBe('');
  expect(written((log) => log.error('x'), 'silent')).toBe('');
});

test('lines that wait are written as the process exits, and one that nothing takes holds nobody up', () => {
  const root = new URL('../../', import.meta.url).href;
  const script = `import { register } from 'node:module';
    register('./scripts/typescript-loader.mjs', '${root}');
    const log = (await import('${root}src/telemetry/log.ts')).makeLog('info');
    log.info('first');
    setTimeout(() => { log.info('last'); process.exit(3); }, 100);`;
  const run = (stdout: 'pipe' | number) =>
    spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', stdout, 'inherit'],
      encoding: 'utf8',
      timeout: 60_000,
    });
  const read = run('pipe');
  expect([read.status, read.stdout.match(/first|last/g)]).toEqual([3, ['first', 'last']]);
  const full = openSync('/dev/full', 'w');
  expect(run(full).status).toBe(3);
  closeSync(full);
});
