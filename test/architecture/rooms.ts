import { reachable, sourcesOf } from './source.ts';
import type { Import } from './source.ts';
import type { Tree } from './tree.ts';

/** The rooms of docs/architecture.md ("Rooms"), each with what it may import. */
export const ROOMS: Readonly<Record<string, readonly string[]>> = {
  time: [],
  ticket: [],
  session: ['ticket'],
  store: ['ticket', 'session', 'telemetry', 'time'],
  command: ['ticket', 'session', 'ports', 'telemetry', 'time'],
  watch: ['ports', 'telemetry', 'time'],
  secrets: ['ticket', 'session', 'telemetry'],
  risk: ['ticket', 'session'],
  place: ['time'],
  record: ['ticket', 'session', 'ports', 'telemetry', 'time'],
  keepers: ['record', 'webhooks', 'stores', 'ports'],
  webhooks: ['record', 'outward', 'telemetry', 'time'],
  outward: ['time'],
  phone: ['ports', 'outward', 'telemetry', 'time'],
  oauth: ['ticket', 'session', 'command', 'secrets', 'ports', 'outward', 'telemetry', 'time'],
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
    'risk',
    'place',
    'outward',
    'record',
    'telemetry',
    'time',
  ],
  operate: ['config', 'http', 'record', 'ports', 'telemetry', 'time'],
  telemetry: [],
  web: ['types'],
  config: [],
  compose: ['config', 'ticket', 'session', 'store', 'stores', 'ports', 'command', 'watch'].concat([
    'secrets',
    'phone',
    'oauth',
    'http',
    'place',
    'outward',
    'operate',
    'record',
    'keepers',
    'webhooks',
    'telemetry',
    'time',
  ]),
  main: ['config', 'compose', 'cli', 'ports', 'telemetry'],
  cli: ['config', 'compose', 'ports', 'secrets', 'record', 'webhooks', 'oauth', 'operate', 'telemetry'],
};

/** Files at the top of `src`, by the room they belong to. */
const TOP_FILES: Readonly<Record<string, string>> = { 'main.ts': 'main' };

export function roomOf(path: string): string {
  const [, first = '', ...rest] = path.split('/');
  return rest.length === 0 ? (TOP_FILES[first] ?? `nowhere (${path})`) : first;
}

export function inRooms(tree: Tree, ...rooms: readonly string[]): readonly string[] {
  return [...sourcesOf(tree).keys()].filter((path) => rooms.includes(roomOf(path)));
}

export function outOfRooms(tree: Tree, ...rooms: readonly string[]): readonly string[] {
  return [...sourcesOf(tree).keys()].filter((path) => !rooms.includes(roomOf(path)));
}

/** The files that stand in `src/store` itself: promises, subjects, the codec; and what those are written in. */
export function portsOf(tree: Tree): ReadonlySet<string> {
  const sources = sourcesOf(tree);
  return reachable(
    sources,
    [...sources.keys()].filter((path) => /^src\/store\/[^/]+$/.test(path)),
  );
}

/** Whether the table lets the room of a file import this. */
export function isAllowed({ from, to, isType }: Import, ports: ReadonlySet<string>): boolean {
  const room = roomOf(from);
  if (room === roomOf(to)) return true;
  const isImplementation = /^src\/store\/(redis|file)\//.test(to);
  const names = [isImplementation ? 'stores' : roomOf(to)];
  if (ports.has(to)) names.push('ports');
  if (isType) names.push('types');
  return names.some((name) => ROOMS[room]?.includes(name));
}
