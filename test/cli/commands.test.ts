import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeProgram } from '../../src/cli/program.ts';
import { built } from '../support/built.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startWarm } from '../support/warm.ts';
import type { Warm } from '../support/warm.ts';

const COMMAND = built('cli/scangate.js');
const nowhere = {
  write: () => undefined,
  complain: () => undefined,
  end: () => undefined,
  unread: () => undefined,
};
const NAMES = makeProgram('', nowhere).commands.map((command) => command.name());
const { version: VERSION } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { readonly version: string };

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let warm: Warm;

beforeAll(async () => {
  warm = startWarm();
  folder = await temporaryFolder();
});

afterAll(async () => {
  await Promise.all([warm.stop(), folder.remove()]);
});

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A store that is not there: what runs, fails. */
const NO_STORE = { SCANGATE_STORE: 'redis://127.0.0.1:1' };

function scangate(args: readonly string[], env: Readonly<Record<string, string>> = NO_STORE): Promise<Ended> {
  return warm.scangate(args, env, folder.path);
}

/** The same in a process of its own. */
function alone(args: readonly string[], env: Readonly<Record<string, string>> = NO_STORE): Promise<Ended> {
  return run(process.execPath, [COMMAND, ...args], env);
}

function run(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const child = spawn(file, args, { cwd: folder.path, env: { PATH: process.env['PATH'], ...env } });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text) => (stdout += text));
  child.stderr.on('data', (text) => (stderr += text));
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, stdout, stderr })));
}

test.each(['', ...NAMES])('%s --help says what there is, and runs nothing', async (name) => {
  const words = name === '' ? [] : [name];
  const [long, version] = await Promise.all([
    scangate([...words, name === 'migrate' ? '-h' : '--help']),
    scangate([...words, '--version']),
  ]);
  expect(long).toEqual({ status: 0, stdout: expect.any(String), stderr: '' });
  expect(long.stdout).toContain(`Usage: ${['scangate', ...words].join(' ')} `);
  for (const said of ['--version', '--help', 'Exit status: 0', name === '' ? 'serve' : '--json'])
    expect(long.stdout).toContain(said);
  expect(version).toEqual({ status: 0, stdout: `${VERSION}\n`, stderr: '' });
  expect(readdirSync(folder.path)).toEqual([]);
});

test.each([
  [['help'], '--help'],
  [['help', 'serve'], 'serve --help'],
])('%j is %s: status 0', async (args, as) => {
  const [asked, same] = await Promise.all([scangate(args), scangate(as.split(' '))]);
  expect(asked).toEqual({ status: 0, stdout: same.stdout, stderr: '' });
});

test.each([
  [[]],
  [['help', 'none']],
  [['run']],
  [['migrate', 'now']],
  [['migrate', '--force']],
  [['timeline']],
  [['timeline', 'none']],
  [['conformance']],
  [['export']],
  [['import']],
  [['conformance', '--url', 'http://127.0.0.1:1', '--jobs', '0']],
  [['completion', 'fish']],
  [['demo', '--nodes', '0']],
  [['demo', '--nodes', '1e0']],
  [['demo', '--people', '0x2']],
  [['demo', '--break', '--people', 'all']],
  [['audit', '--kind', 'deny']],
  [['audit', '--address', 'foo']],
  [['audit', '--ticket', 't_AAAAAAAAAAAAAAAAAAAAAA']],
  [['audit', 'export', 'file']],
  [['audit', 'export', '--user', 'demo:ada']],
])('%j is a wrong call: status 2, and what there is', async (args) => {
  const { status, stdout, stderr } = await scangate(args);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(/^(scangate: |Usage: )/);
});

test('the status, and what is said, are those of the process', async () => {
  const [done, wrong] = await Promise.all([alone(['--version']), alone(['run'])]);
  expect(done).toEqual({ status: 0, stdout: `${VERSION}\n`, stderr: '' });
  expect(wrong).toEqual({ status: 2, stdout: '', stderr: expect.stringMatching(/^scangate: /) });
});

test('what cannot be done is status 1 and one line, with --json also an object', async () => {
  const { status, stdout, stderr } = await alone(['migrate', '--json']);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^scangate: SCANGATE_STORE: no Redis to be reached: .*\n$/);
  expect(JSON.parse(stdout)).toEqual({ error: expect.stringContaining('no Redis to be reached') });
});

test.each([
  [['revoke', '--user', 'demo:ada']],
  [['timeline', 'AAAAAAAAAAAAAAAAAAAAAA']],
  [['timeline', '-AAAAAAAAAAAAAAAAAAAAA']],
  [['rebuild']],
  [['export', '-']],
])('%j makes no store where there is none: status 1', async (args) => {
  const { status, stdout, stderr } = await scangate(args, { SCANGATE_STORE: 'file:none' });
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(/^scangate: SCANGATE_STORE: there is no store in this folder: \/.*none\n$/);
  expect(readdirSync(folder.path)).not.toContain('none');
});

test.each([[['migrate', '--force']], [['run']], [['timeline']]])(
  '%j with --json is an object that says what is wrong, too',
  async (args) => {
    const { status, stdout, stderr } = await scangate([...args, '--json']);
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toEqual({ error: expect.stringMatching(/^(?!error:)./) });
    expect(stderr).toMatch(/^scangate: /);
  },
);

test('demo --json tells each step as one line', async () => {
  const { status, stdout } = await alone(['demo', '--json'], {});
  const steps = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  expect(status).toBe(0);
  expect(steps.map(({ who }) => who)).toEqual(expect.arrayContaining(['gateway', 'browser', 'phone']));
});

test.each([
  ['a command that only reads', ['completion', 'bash']],
  ['help', ['serve', '--help']],
])('a reader that has gone, as head does, ends %s: quietly, with 0', async (_, args) => {
  const child = spawn(process.execPath, [COMMAND, ...args], { cwd: folder.path });
  child.stdout.destroy();
  let stderr = '';
  child.stderr.on('data', (text) => (stderr += text));
  const status = await new Promise((resolve) => child.on('close', resolve));
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

test('bash completes commands and their options', async () => {
  const { stdout: completion } = await scangate(['completion', 'bash']);
  const complete = async (...words: readonly string[]): Promise<readonly string[]> => {
    const script = `eval "$COMPLETION"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _scangate; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const env = { COMPLETION: completion };
    const { stdout } = await run('bash', ['-c', script, 'bash', 'scangate', ...words], env);
    return stdout.trim().split('\n');
  };
  expect(await complete('')).toEqual(expect.arrayContaining([...NAMES, '--help', '--version']));
  expect(await complete('m')).toEqual(['migrate']);
  expect(await complete('rebuild', '--')).toEqual(
    expect.arrayContaining(['--threads', '--json', '--help', '--version']),
  );
  expect(await complete('completion', 'z')).toEqual(['zsh']);
});

test('zsh is given every command and option', async () => {
  const { stdout } = await scangate(['completion', 'zsh']);
  expect(stdout.startsWith('#compdef scangate\n')).toBe(true);
  for (const name of NAMES)
    expect(stdout).toMatch(new RegExp(`^ +'${name}:|^    ${name}\\) _arguments `, 'm'));
  expect(stdout).toContain("'--threads[");
});
