import { expect, test } from '@jest/globals';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The rooms of docs/architecture.md ("Rooms"), held against what the files really import; types count like everything else. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  time: [],
  ticket: [],
  session: ['ticket'],
  store: ['ticket', 'session', 'telemetry', 'time'],
  command: ['ticket', 'session', 'ports', 'telemetry', 'time'],
  watch: ['ports', 'telemetry', 'time'],
  secrets: ['ticket', 'session', 'telemetry'],
  phone: ['ports', 'telemetry', 'time'],
  oauth: ['ticket', 'session', 'command', 'secrets', 'ports', 'telemetry', 'time'],
  http: [
    'config',
    'ticket',
    'session',
    'store',
    'ports',
    'command',
    'watch',
    'secrets',
    'phone',
    'oauth',
    'telemetry',
    'time',
  ],
  telemetry: [],
  web: ['types'],
  config: [],
  compose: ['config', 'ticket', 'session', 'store', 'stores', 'ports', 'command', 'watch'].concat([
    'secrets',
    'phone',
    'oauth',
    'http',
    'telemetry',
    'time',
  ]),
  main: ['config', 'compose', 'cli', 'ports', 'telemetry'],
  cli: ['config', 'compose', 'ports', 'secrets', 'telemetry'],
};

/** Files at the top of `src`, by the room they belong to. */
const TOP_FILES: Readonly<Record<string, string>> = { 'main.ts': 'main' };

const LINES_MAX = 300;

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

function list(folder: string, ending: RegExp): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => join(folder, path).replaceAll(sep, '/'))
    .filter((path) => ending.test(path) && !path.includes('node_modules'))
    .toSorted((one, other) => one.localeCompare(other));
}

interface Import {
  readonly from: string;
  /** A path from the checkout's top, or a package. */
  readonly to: string;
  readonly isLocal: boolean;
  readonly isType: boolean;
}

const STATEMENT =
  /^(?:import|export)\s(?:(type)\s)?[^;'"]*?from\s+'([^']+)'|^import\s+'([^']+)'|\bimport\(\s*'([^']+)'/gm;

function importsOf(path: string): Import[] {
  return [...read(path).matchAll(STATEMENT)].map((match) => {
    const specifier = match[2] ?? match[3] ?? match[4] ?? '';
    const isLocal = specifier.startsWith('.');
    const to = isLocal ? normalize(join(dirname(path), specifier)).replaceAll(sep, '/') : specifier;
    return { from: path, to, isLocal, isType: match[1] === 'type' };
  });
}

const sources = list('src', /\.ts$/);
const byFile = new Map(sources.map((path) => [path, importsOf(path)]));
const imports = [...byFile.values()].flat();

function reachable(from: readonly string[]): Set<string> {
  const seen = new Set<string>();
  const queue = [...from];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    for (const { to, isLocal } of byFile.get(path) ?? []) if (isLocal) queue.push(to);
  }
  return seen;
}

/** The files that stand in `src/store` itself: promises, subjects, the codec; and what those are written in. */
const ports = reachable(sources.filter((path) => /^src\/store\/[^/]+$/.test(path)));

function roomOf(path: string): string {
  const [, first = '', ...rest] = path.split('/');
  return rest.length === 0 ? (TOP_FILES[first] ?? `nowhere (${path})`) : first;
}

/** The names under which a room's list may allow this import. */
function namesOf({ to, isType }: Import): string[] {
  const isImplementation = /^src\/store\/(redis|file)\//.test(to);
  const names = [isImplementation ? 'stores' : roomOf(to), ...(ports.has(to) ? ['ports'] : [])];
  return isType ? [...names, 'types'] : names;
}

/** Without comments and the insides of plain strings. */
function codeOf(path: string): string {
  return read(path)
    .replaceAll(/\/\*[\s\S]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, ''))
    .replaceAll(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g, "''")
    .replaceAll(/(^|[^:])\/\/.*$/gm, '$1');
}

function linesWith(pattern: RegExp, paths: readonly string[]): string[] {
  return paths.flatMap((path) =>
    codeOf(path)
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : [])),
  );
}

const inRooms = (...rooms: readonly string[]): string[] =>
  sources.filter((path) => rooms.includes(roomOf(path)));
const outOfRooms = (...rooms: readonly string[]): string[] =>
  sources.filter((path) => !rooms.includes(roomOf(path)));

test('every file of src has a room', () => {
  expect(sources.filter((path) => !(roomOf(path) in ROOMS))).toEqual([]);
});

test('a room imports only what the table allows', () => {
  const forbidden = imports
    .filter(({ isLocal }) => isLocal)
    .filter((one) => roomOf(one.from) !== roomOf(one.to))
    .filter((one) => !namesOf(one).some((name) => ROOMS[roomOf(one.from)]?.includes(name)))
    .map(({ from, to }) => `${from} → ${to}`);
  expect(forbidden).toEqual([]);
});

test('nothing imports in a circle, types included', () => {
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) circles.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
    if (trail.includes(path) || done.has(path)) return;
    for (const { to, isLocal } of byFile.get(path) ?? []) if (isLocal) visit(to, [...trail, path]);
    done.add(path);
  };
  for (const path of sources) visit(path, []);
  expect(circles).toEqual([]);
});

test('the rules are pure: no package, no Node, no clock, no chance, no timer', () => {
  const pure = inRooms('ticket', 'session');
  const outside = imports.filter(({ from, isLocal }) => pure.includes(from) && !isLocal);
  expect(outside.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
  expect(linesWith(/\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bset(Timeout|Interval)\(/, pure)).toEqual(
    [],
  );
});

test('time and chance are passed in', () => {
  const bound = outOfRooms('compose', 'main', 'cli', 'telemetry', 'web', 'time');
  expect(linesWith(/\bDate\.now\(|\bMath\.random\(/, bound)).toEqual([]);
  const timers = /\bset(Timeout|Interval)\(|\bperformance\.now\(|\bAbortSignal\.timeout\(/;
  expect(linesWith(timers, bound)).toEqual([]);
  const clocked = imports.filter(({ to }) => to === 'src/time/system-time.ts').map(({ from }) => from);
  expect(clocked.filter((path) => !['compose', 'cli'].includes(roomOf(path)))).toEqual([]);
});

test('a Redis server is reached through one file, so that a simulation can hand in servers of its own', () => {
  const drivers = imports.filter(({ to }) => to === 'ioredis').map(({ from }) => from);
  expect([...new Set(drivers)]).toEqual(['src/store/redis/connection/connect-redis.ts']);
  const connecting = imports.filter(({ to }) => to === 'src/store/redis/connection/connect-redis.ts');
  expect(connecting.map(({ from }) => from)).toEqual(['src/compose/stores.ts', 'src/store/redis/open.ts']);
});

test('only the process, its commands and the browser write to a console', () => {
  expect(linesWith(/\bconsole\./, outOfRooms('main', 'cli', 'web'))).toEqual([]);
});

test('no any, no default export, no barrel', () => {
  expect(linesWith(/(?:[:<|&,=(]\s*|\bas\s+|\bextends\s+)any\b(?=\s*(?:[[\]>;,)|&={]|$))/, sources)).toEqual(
    [],
  );
  expect(linesWith(/^export default\b/, sources)).toEqual([]);
  expect(linesWith(/^export \* (as \w+ )?from/, sources)).toEqual([]);
});

test('a file is named by its noun and is short', () => {
  const files = [
    ...sources,
    ...['test/support', 'bench', 'scripts'].flatMap((folder) => list(folder, /\.(ts|mjs)$/)),
  ];
  const vague = /(^|\/)(index\.ts|(utils?|helpers?|services?|managers?)(\/|\.ts$|\.mjs$))/;
  expect(files.filter((path) => vague.test(path))).toEqual([]);
  const long = files.map((path) => ({ path, lines: read(path).trimEnd().split('\n').length }));
  expect(long.filter(({ lines }) => lines > LINES_MAX)).toEqual([]);
});

test('every file is reached from the process or a command', () => {
  const starts = sources.filter((path) => ['main', 'cli'].includes(roomOf(path)));
  const reached = reachable(starts);
  const isWhole = imports.every(({ to, isLocal }) => !isLocal || existsSync(join(root, to))); // else tsc complains
  const unreached = outOfRooms('web').filter((path) => !reached.has(path));
  expect(isWhole && existsSync(join(root, 'src/main.ts')) ? unreached : []).toEqual([]);
});

test('each document has exactly one title', () => {
  const documents = [...readdirSync(root).filter((name) => name.endsWith('.md')), ...list('docs', /\.md$/)];
  const titles = documents.map((path) => {
    const prose = read(path).replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, '');
    return { path, titles: [...prose.matchAll(/^# /gm)].length };
  });
  expect(titles.filter((document) => document.titles !== 1)).toEqual([]);
});
