import { inRooms, outOfRooms, roomOf } from '../rooms.ts';
import { arrow, commentsOf, linesWith, localImports, sourcesOf, withoutComments } from '../source.ts';
import { textOf } from '../tree.ts';
import type { Rule, Tree } from '../tree.ts';

const allSources = (tree: Tree): readonly string[] => [...sourcesOf(tree).keys()];

const chance: Rule = {
  name: 'the rules of tickets and sessions know no clock, no chance and no timer',
  find: (tree) =>
    linesWith(
      tree,
      /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bset(Timeout|Interval)\(/,
      inRooms(tree, 'ticket', 'session'),
    ),
  broken: {
    files: {
      'src/ticket/a.ts': '// Date.now() may stand here\nconst at = Date.now();\nsetTimeout(go, 1);',
      'src/session/b.ts': "const said = 'Math.random()';\nconst at = new Date();\nconst die = Math.random();",
    },
    finds: [
      'src/session/b.ts:2 const at = new Date();',
      'src/session/b.ts:3 const die = Math.random();',
      'src/ticket/a.ts:2 const at = Date.now();',
      'src/ticket/a.ts:3 setTimeout(go, 1);',
    ],
  },
};

// What a socket has of its own counts from what the system last took, which no clock of ours can see.
const CLOCKS =
  /\bDate\.now\(|\bMath\.random\(|(?<!\bsocket\.)\bset(Timeout|Interval)\(|\bperformance\.now\(|\bAbortSignal\.timeout\(/;

const time: Rule = {
  name: 'time and chance are handed in',
  find: (tree) => [
    ...linesWith(tree, CLOCKS, outOfRooms(tree, 'compose', 'main', 'cli', 'telemetry', 'web', 'time')),
    ...localImports(tree)
      .filter(
        ({ from, to }) => to === 'src/time/system-time.ts' && !['compose', 'cli'].includes(roomOf(from)),
      )
      .map(arrow),
  ],
  broken: {
    files: {
      'src/http/e.ts': 'this.socket.setTimeout(5);',
      'src/store/redis/a.ts': 'setInterval(look, 5);\nconst at = performance.now();',
      'src/store/file/b.ts':
        "import { systemTime } from '../../time/system-time.ts';\nconst at = Date.now();",
      'src/phone/c.ts': 'const signal = AbortSignal.timeout(5);\nconst seed = Math.random();',
      'src/compose/d.ts': "import { systemTime } from '../time/system-time.ts';\nsetTimeout(go, 1);",
    },
    finds: [
      'src/phone/c.ts:1 const signal = AbortSignal.timeout(5);',
      'src/phone/c.ts:2 const seed = Math.random();',
      'src/store/file/b.ts:2 const at = Date.now();',
      'src/store/redis/a.ts:1 setInterval(look, 5);',
      'src/store/redis/a.ts:2 const at = performance.now();',
      'src/store/file/b.ts → src/time/system-time.ts',
    ],
  },
};

const consoles: Rule = {
  name: 'only the process, its commands and the browser write to a console',
  find: (tree) => linesWith(tree, /\bconsole\./, outOfRooms(tree, 'main', 'cli', 'web')),
  broken: {
    files: { 'src/http/a.ts': "console.log('hello');", 'src/cli/b.ts': "console.log('hello');" },
    finds: ["src/http/a.ts:1 console.log('');"],
  },
};

const FORBIDDEN = [
  /(?:[:<|&,=(]\s*|\bas\s+|\bextends\s+)any\b(?=\s*(?:[[\]>;,)|&={]|$))/,
  /^export default\b/,
  /^export \* (as \w+ )?from/,
];

const words: Rule = {
  name: 'no any, no default export, no barrel',
  find: (tree) => FORBIDDEN.flatMap((pattern) => linesWith(tree, pattern, allSources(tree))),
  broken: {
    files: {
      'src/http/a.ts': 'let a: any;\nconst b = c as any;\nconst any = 1; // in any case',
      'src/http/b.ts': 'export default 1;',
      'src/http/c.ts': "export * from './a.ts';\nexport * as b from './b.ts';",
    },
    finds: [
      'src/http/a.ts:1 let a: any;',
      'src/http/a.ts:2 const b = c as any;',
      'src/http/b.ts:1 export default 1;',
      "src/http/c.ts:1 export * from '';",
      "src/http/c.ts:2 export * as b from '';",
    ],
  },
};

const comments: Rule = {
  name: 'no comment only says that a thing is what something needs',
  find: (tree) =>
    allSources(tree).flatMap((path) =>
      commentsOf(textOf(tree, path))
        .filter((comment) => /^What [^.:;]*\bneeds?\b/.test(comment))
        .map((comment) => `${path}: ${comment}`),
    ),
  broken: {
    files: {
      'src/http/a.ts':
        '/** What a mint needs. */\ninterface MintOptions {}\n// What nobody\n/**\n * What all of\n * them need to know. Or so.\n */',
      'src/http/b.ts': '/** Whatever it needs. */\n/** What is asked. It needs nothing. */',
    },
    finds: ['src/http/a.ts: What a mint needs.', 'src/http/a.ts: What all of them need to know. Or so.'],
  },
};

const SITE_HEADERS =
  /['"]sec-fetch-site['"]|\b(?:headers|raw)(?:\.origin\b|\[['"]origin['"]\])|\{[^{}]*\borigin\b[^{}]*\}(?:: *Incoming\w+| = *[\w.]*\b(?:headers|raw)\b)/;
const SITE_FILE = 'src/http/caller/request-site.ts';

const sites: Rule = {
  name: `who asks from where is read in ${SITE_FILE} alone`,
  find: (tree) =>
    inRooms(tree, 'http')
      .filter((path) => path !== SITE_FILE)
      .flatMap((path) =>
        withoutComments(textOf(tree, path))
          .split('\n')
          .flatMap((line, index) => (SITE_HEADERS.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : [])),
      ),
  broken: {
    files: {
      [SITE_FILE]: "const { origin } = headers;\nconst site = headers['sec-fetch-site'];",
      'src/http/caller/a.ts': 'const { origin, host } = req.headers;\nconst { origin: at } = page;',
      'src/http/routes/b.ts': "// 'sec-fetch-site'\nif (raw['sec-fetch-site'] === 'none') go();",
      'src/http/routes/c.ts': 'if (request.headers.origin === own) go();\nf({ headers, origins });',
      'src/http/d.ts': 'function f({ origin }: IncomingHttpHeaders) {}',
      'src/cli/e.ts': "send({ 'sec-fetch-site': 'none' });",
    },
    finds: [
      'src/http/caller/a.ts:1 const { origin, host } = req.headers;',
      'src/http/d.ts:1 function f({ origin }: IncomingHttpHeaders) {}',
      "src/http/routes/b.ts:2 if (raw['sec-fetch-site'] === 'none') go();",
      'src/http/routes/c.ts:1 if (request.headers.origin === own) go();',
    ],
  },
};

export const CODE_RULES: readonly Rule[] = [chance, time, consoles, words, comments, sites];
