import { posix } from 'node:path';
import { commentsOf } from '../source.ts';
import { textOf } from '../tree.ts';
import type { Rule, Tree } from '../tree.ts';

const pages = (tree: Tree): readonly string[] =>
  [...tree.keys()].filter((path) => /^(docs\/.*|[^/]+)\.md$/.test(path));

const withoutBlocks = (text: string): string => text.replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, '');

const titles: Rule = {
  name: 'each document has exactly one title',
  find: (tree) =>
    pages(tree).flatMap((path) => {
      const count = [...withoutBlocks(textOf(tree, path)).matchAll(/^# /gm)].length;
      return count === 1 ? [] : [`${path}: ${count} titles`];
    }),
  broken: {
    files: {
      'README.md': '# One\n\n```sh\n# a comment\n```\n\n## Two\n',
      'docs/none.md': 'Nothing.',
      'docs/two.md': '# One\n\n# Two\n',
    },
    finds: ['docs/none.md: 0 titles', 'docs/two.md: 2 titles'],
  },
};

const FOLDERS = 'src|test|docs|scripts|migrations|bench|examples|\\.ci|\\.github';
const NAMED = new RegExp(
  `(?<![\\w./:@<-])(?:\\.{1,2}/)*(?:(?:${FOLDERS})/)?[\\w.-]+(?:/[\\w.-]+)*\\.(?:md|ts|mjs|lua|ya?ml|html|css|json)(?![\\w-]|\\.\\w|/)`,
  'g',
);

/** What is named and stands in no checkout: what a build or a run makes, and what others have. */
const ELSEWHERE =
  /^(dist|node_modules|\.cache|test-artifacts|coverage|\.scangate)\/|^(client\.(mjs|css)|phone\.mjs|(build|jwks|chaos)\.json)$/;

/** Whether a file stands in the tree under this name, be it its path from the top, from this folder, or its end. */
function stands(tree: Tree, name: string, from: string): boolean {
  if (tree.has(posix.join(posix.dirname(from), name)) || tree.has(posix.normalize(name))) return true;
  return [...tree.keys()].some((path) => path.endsWith(`/${name}`));
}

/** What of a file is prose: a page as a whole, of a source the comments. */
function proseOf(tree: Tree, path: string): string {
  const text = textOf(tree, path);
  if (path.endsWith('.md')) return withoutBlocks(text);
  if (/\.(ts|mjs|css)$/.test(path)) return commentsOf(text).join('\n');
  return [...text.matchAll(/(?:^|\s)(?:#|--) (.*)$/gm)].map(([, said = '']) => said).join('\n');
}

const named: Rule = {
  name: 'every document and file that a comment or a page names is there',
  find: (tree) =>
    [...tree.keys()].flatMap((path) => {
      if (path === 'CHANGELOG.md' || path.startsWith('test/architecture/')) return [];
      if (!/(\.(ts|mjs|css|lua|md|ya?ml)|^\.ci\/run)$/.test(path)) return [];
      const names = new Set(proseOf(tree, path).match(NAMED));
      return [...names]
        .filter((name) => !ELSEWHERE.test(name) && !stands(tree, name, path))
        .map((name) => `${path} names ${name}`);
    }),
  broken: {
    files: {
      'README.md': '# R\n\nSee [the wire](docs/wire.md), `docs/gone.md` and [run](docs/run.md#first).\n',
      'docs/wire.md': '# W\n\nBack to [the start](../README.md) or [run](run.md).\n',
      'src/http/a.ts': '/** As DESIGN.md has it; see http/b.ts and b.ts. */\nconst c = "gone.md";',
      'src/http/b.ts': '// dist/web/b.mjs is made; https://example.com/gone.md is not ours.\n',
      'migrations/1.lua': '-- scripts/gone.mjs runs this.',
    },
    finds: [
      'README.md names docs/gone.md',
      'README.md names docs/run.md',
      'docs/wire.md names run.md',
      'migrations/1.lua names scripts/gone.mjs',
      'src/http/a.ts names DESIGN.md',
    ],
  },
};

const scripts: Rule = {
  name: 'every npm script that is named anywhere exists',
  find(tree) {
    const manifest = JSON.parse(textOf(tree, 'package.json') || '{}') as { scripts?: Record<string, string> };
    return [...tree].flatMap(([path, text]) => {
      if (
        path === 'CHANGELOG.md' ||
        path === 'package-lock.json' ||
        /\.test\.ts$|^test\/architecture\//.test(path)
      )
        return [];
      const calls = text.matchAll(/\bnpm (?:run(?: -s| --silent)* ([a-z][\w:-]*)|(start|test)\b)/g);
      const names = new Set([...calls].map(([, run, short]) => run ?? short ?? ''));
      return [...names]
        .filter((name) => !Object.hasOwn(manifest.scripts ?? {}, name))
        .map((name) => `${path} names npm run ${name}`);
    });
  },
  broken: {
    files: {
      'package.json': '{ "scripts": { "build": "npm run --silent gone", "test:long": "jest" } }',
      'README.md': '# R\n\n`npm run test:long -- x`, `npm run dev` and `npm test`, or `npm ci`.\n',
      'src/store/a.ts': "throw new Error('call npm run build, then npm start');",
    },
    finds: [
      'README.md names npm run dev',
      'README.md names npm run test',
      'package.json names npm run gone',
      'src/store/a.ts names npm run start',
    ],
  },
};

const ROOMS_PAGE = 'docs/architecture.md';

const rooms: Rule = {
  name: `every room of src has a row in ${ROOMS_PAGE}, and every row a room`,
  find(tree) {
    const rows = [...textOf(tree, ROOMS_PAGE).matchAll(/^\| `(src\/[^`/]+\/?)`/gm)].map(
      ([, row = '']) => row,
    );
    const there = new Set([...tree.keys()].flatMap((path) => /^src\/[^/]+\/?/.exec(path) ?? []));
    return [
      ...[...there].filter((room) => !rows.includes(room)).map((room) => `${room} has no row`),
      ...rows.filter((row) => !there.has(row)).map((row) => `${row} is not there`),
    ];
  },
  broken: {
    files: {
      [ROOMS_PAGE]:
        '# R\n\n| room | job |\n| --- | --- |\n| `src/http/` | x |\n| `src/main.ts` | x |\n| `src/attic/` | x |\n',
      'src/http/routes/a.ts': '',
      'src/main.ts': '',
      'src/ticket/b.ts': '',
    },
    finds: ['src/ticket/ has no row', 'src/attic/ is not there'],
  },
};

export const DOCUMENT_RULES: readonly Rule[] = [titles, named, scripts, rooms];
