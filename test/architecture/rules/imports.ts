import { ROOMS, inRooms, isAllowed, outOfRooms, portsOf, roomOf } from '../rooms.ts';
import { arrow, localImports, reachable, sourcesOf } from '../source.ts';
import type { Rule } from '../tree.ts';

const rooms: Rule = {
  name: 'every file of src has a room',
  find: (tree) => [...sourcesOf(tree).keys()].filter((path) => !(roomOf(path) in ROOMS)),
  broken: {
    files: { 'src/attic/a.ts': '', 'src/ticket/b.ts': '', 'src/c.ts': '', 'src/main.ts': '' },
    finds: ['src/attic/a.ts', 'src/c.ts'],
  },
};

const table: Rule = {
  name: 'a room imports only what the table allows',
  find(tree) {
    const ports = portsOf(tree);
    return localImports(tree)
      .filter((one) => !isAllowed(one, ports))
      .map(arrow);
  },
  broken: {
    files: {
      'src/ticket/a.ts': "import { b } from '../session/b.ts';\nimport { c } from './c.ts';",
      'src/session/b.ts': "import type { C } from '../ticket/c.ts';",
      'src/store/event-store.ts': "import type { C } from '../ticket/c.ts';",
      'src/store/redis/open.ts': "import { x } from '../event-store.ts';",
      'src/watch/hub.ts': "import { x } from '../store/event-store.ts';\nimport { C } from '../ticket/c.ts';",
      'src/http/app.ts': "const x = await import('../store/redis/open.ts');",
      'src/web/page.ts': "import type { C } from '../ticket/c.ts';\nimport { d } from '../ticket/d.ts';",
      'src/compose/all.ts': "export { open } from '../store/redis/open.ts';\nimport '../main.ts';",
    },
    finds: [
      'src/compose/all.ts → src/main.ts',
      'src/http/app.ts → src/store/redis/open.ts',
      'src/ticket/a.ts → src/session/b.ts',
      'src/web/page.ts → src/ticket/d.ts',
    ],
  },
};

/** What of the watch room is no watcher: the shape of what makes notices. */
const NO_WATCHER = new Set(['src/watch/present.ts']);

const transports: Rule = {
  name: 'a transport sees no command and no route, and a route sees no watcher',
  find: (tree) =>
    localImports(tree)
      .filter(({ from, to }) =>
        from.startsWith('src/http/transports/')
          ? /^src\/(command|http\/routes)\//.test(to)
          : from.startsWith('src/http/routes/') && to.startsWith('src/watch/') && !NO_WATCHER.has(to),
      )
      .map(arrow),
  broken: {
    files: {
      'src/http/transports/a.ts':
        "import { run } from '../../command/run.ts';\nimport type { B } from '../routes/b.ts';\nimport { Hub } from '../../watch/hub.ts';",
      'src/http/routes/b.ts':
        "import type { Hub } from '../../watch/hub.ts';\nimport type { Present } from '../../watch/present.ts';\nimport { run } from '../../command/run.ts';",
    },
    finds: [
      'src/http/routes/b.ts → src/watch/hub.ts',
      'src/http/transports/a.ts → src/command/run.ts',
      'src/http/transports/a.ts → src/http/routes/b.ts',
    ],
  },
};

const pure: Rule = {
  name: 'the rules of tickets and sessions import no package, not even one of Node',
  find: (tree) =>
    inRooms(tree, 'ticket', 'session').flatMap((path) =>
      (sourcesOf(tree).get(path) ?? []).filter(({ isLocal }) => !isLocal).map(arrow),
    ),
  broken: {
    files: {
      'src/ticket/a.ts': "import { randomBytes } from 'node:crypto';\nimport './b.ts';",
      'src/session/b.ts': "import type { z } from 'zod';",
      'src/store/c.ts': "import 'ioredis';",
    },
    finds: ['src/session/b.ts → zod', 'src/ticket/a.ts → node:crypto'],
  },
};

const CONNECT = 'src/store/redis/connection/connect-redis.ts';
const MAY_CONNECT = new Set([
  'src/compose/migration.ts',
  'src/compose/store/copies.ts',
  'src/compose/check/redis-check.ts',
  'src/store/redis/open.ts',
]);

const driver: Rule = {
  name: 'a Redis server is reached through one file, so that a simulation can hand in servers of its own',
  find: (tree) =>
    [...sourcesOf(tree).values()]
      .flat()
      .filter(({ from, to }) =>
        to === CONNECT ? !MAY_CONNECT.has(from) : to === 'ioredis' && from !== CONNECT,
      )
      .map(arrow),
  broken: {
    files: {
      [CONNECT]: "import { Redis } from 'ioredis';",
      'src/store/redis/open.ts': "import { connect } from './connection/connect-redis.ts';",
      'src/store/redis/a.ts': "import type { Redis } from 'ioredis';",
      'src/cli/b.ts': "import { connect } from '../store/redis/connection/connect-redis.ts';",
    },
    finds: [`src/cli/b.ts → ${CONNECT}`, 'src/store/redis/a.ts → ioredis'],
  },
};

const reached: Rule = {
  name: 'every file is reached from the process or a command',
  find(tree) {
    const used = reachable(sourcesOf(tree), inRooms(tree, 'main', 'cli'));
    return outOfRooms(tree, 'web').filter((path) => !used.has(path));
  },
  broken: {
    files: {
      'src/main.ts': "import './compose/a.ts';",
      'src/compose/a.ts': "export { b } from './b.ts';",
      'src/compose/b.ts': '',
      'src/compose/c.ts': "import './a.ts';",
      'src/cli/d.ts': "const e = () => import('../store/e.ts');",
      'src/store/e.ts': '',
    },
    finds: ['src/compose/c.ts'],
  },
};

/** What a request passes, in its order; the files that stand in `src/http` itself are the hall above them all. */
const PASSAGE = [
  'connections',
  'answer',
  'caller',
  'limits',
  'request',
  'tickets',
  'pages',
  'transports',
  'routes',
] as const;

function heightOf(path: string): number {
  const [, folder = ''] = /^src\/http\/(\w+)\//.exec(path) ?? [];
  const at = PASSAGE.findIndex((name) => name === folder);
  return at < 0 ? PASSAGE.length : at;
}

const passage: Rule = {
  name: 'a room of the edge imports only those that a request passes before it',
  find: (tree) =>
    localImports(tree)
      .filter(({ from, to }) => from.startsWith('src/http/') && to.startsWith('src/http/'))
      .filter(({ from, to }) => heightOf(to) > heightOf(from))
      .map(arrow),
  broken: {
    files: {
      'src/http/answer/a.ts':
        "import type { Route } from '../request/route.ts';\nimport { b } from './b.ts';",
      'src/http/routes/c.ts': "import { A } from '../answer/a.ts';\nimport type { U } from '../upgrades.ts';",
      'src/http/app.ts': "import { c } from './routes/c.ts';",
    },
    finds: [
      'src/http/answer/a.ts → src/http/request/route.ts',
      'src/http/routes/c.ts → src/http/upgrades.ts',
    ],
  },
};

export const IMPORT_RULES: readonly Rule[] = [rooms, table, transports, passage, pure, driver, reached];
