import { filesIn, textOf } from '../tree.ts';
import type { Rule, Tree } from '../tree.ts';
import { localImports } from '../source.ts';

type Graph = ReadonlyMap<string, ReadonlySet<string>>;

/** Each circle of a graph once, as `a → b → a`. */
function circlesOf(graph: Graph): readonly string[] {
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (node: string, trail: readonly string[]): void => {
    if (trail.includes(node)) circles.push([...trail.slice(trail.indexOf(node)), node].join(' → '));
    if (trail.includes(node) || done.has(node)) return;
    for (const next of graph.get(node) ?? []) visit(next, [...trail, node]);
    done.add(node);
  };
  for (const node of graph.keys()) visit(node, []);
  return circles;
}

function graphOf(arrows: Iterable<readonly [from: string, to: string]>): Graph {
  const graph = new Map<string, Set<string>>();
  for (const [from, to] of arrows) graph.set(from, (graph.get(from) ?? new Set()).add(to));
  return graph;
}

const fileCircles: Rule = {
  name: 'nothing imports in a circle, types included',
  find: (tree) => circlesOf(graphOf(localImports(tree).map(({ from, to }) => [from, to]))),
  broken: {
    files: {
      'src/ticket/a.ts': "import './b.ts';",
      'src/ticket/b.ts': "import type { C } from '../session/c.ts';",
      'src/session/c.ts': "export { a } from '../ticket/a.ts';",
      'src/session/d.ts': "import './c.ts';",
    },
    finds: ['src/session/c.ts → src/ticket/a.ts → src/ticket/b.ts → src/session/c.ts'],
  },
};

/** The arrows between what stands in one folder: its files, and its folders each as one. */
function arrowsIn(tree: Tree, folder: string): readonly (readonly [string, string])[] {
  const unitOf = (path: string): string => path.slice(folder.length + 1).split('/')[0] ?? '';
  return localImports(tree)
    .filter(({ from, to }) => from.startsWith(`${folder}/`) && to.startsWith(`${folder}/`))
    .map(({ from, to }) => [unitOf(from), unitOf(to)] as const)
    .filter(([from, to]) => from !== to);
}

function foldersOf(tree: Tree): readonly string[] {
  const folders = new Set<string>();
  for (const path of filesIn(tree, 'src', /./))
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1))
      folders.add(path.slice(0, end));
  return [...folders].toSorted((one, other) => (one < other ? -1 : 1));
}

const folderCircles: Rule = {
  name: 'the files and folders of a folder import each other in no circle, at every level',
  find: (tree) =>
    foldersOf(tree).flatMap((folder) =>
      circlesOf(graphOf(arrowsIn(tree, folder))).map((circle) => `${folder}: ${circle}`),
    ),
  broken: {
    files: {
      'src/http/app.ts': "import './routes/a.ts';",
      'src/http/routes/a.ts': "import '../caller/c.ts';",
      'src/http/caller/c.ts': '',
      'src/http/caller/d.ts': "import type { B } from '../routes/b.ts';",
      'src/http/routes/b.ts': '',
      'src/oauth/tokens/t.ts': "import '../../http/caller/c.ts';",
      'src/http/caller/e.ts': "import type { T } from '../../oauth/tokens/t.ts';",
    },
    finds: ['src: http → oauth → http', 'src/http: routes → caller → routes'],
  },
};

const FOLDER_MAX = 20;
/** One row of the route table each, and one part of a page each: long lists that nobody reads as a whole. */
const LISTS = new Set(['src/http/routes', 'src/web/client']);

const folderSize: Rule = {
  name: `no folder of src has more than ${FOLDER_MAX} files`,
  find: (tree) =>
    foldersOf(tree).flatMap((folder) => {
      const size = filesIn(tree, folder, /./).filter((path) => !path.includes('/', folder.length + 1)).length;
      return size > FOLDER_MAX && !LISTS.has(folder) ? [`${folder}: ${size} files`] : [];
    }),
  broken: {
    files: Object.fromEntries(
      Array.from({ length: FOLDER_MAX + 1 }, (_, i) => [
        [`src/oauth/${i}.ts`, ''],
        [`src/http/routes/${i}.ts`, ''],
        [`src/store/${i % 2 === 0 ? 'redis' : 'file'}/${i}.ts`, ''],
      ]).flat(),
    ) as Record<string, string>,
    finds: [`src/oauth: ${FOLDER_MAX + 1} files`],
  },
};

const LINES_MAX = 300;
const VAGUE = /(^|\/)index\.ts$|(^|[/-])(utils?|helpers?|services?|managers?)(\/|\.ts$|\.mjs$)/;

const fileNames: Rule = {
  name: 'a file is named by its noun and is short',
  find(tree) {
    const files = ['src', 'test/support', 'test/architecture', 'bench', 'scripts'].flatMap((folder) =>
      filesIn(tree, folder, /\.(ts|mjs)$/),
    );
    return files.flatMap((path) => {
      const lines = textOf(tree, path).trimEnd().split('\n').length;
      return [
        ...(VAGUE.test(path) ? [`${path}: what is it?`] : []),
        ...(lines > LINES_MAX ? [`${path}: ${lines} lines`] : []),
      ];
    });
  },
  broken: {
    files: {
      'src/http/index.ts': '',
      'src/http/utils.ts': '',
      'src/http/helpers/a.ts': '',
      'src/store/record-manager.ts': '',
      'scripts/long.mjs': 'x\n'.repeat(LINES_MAX + 1),
      'test/support/short.ts': 'x\n'.repeat(LINES_MAX),
      'test/http/long.test.ts': 'x\n'.repeat(LINES_MAX + 1),
    },
    finds: [
      'src/http/helpers/a.ts: what is it?',
      'src/http/index.ts: what is it?',
      'src/http/utils.ts: what is it?',
      'src/store/record-manager.ts: what is it?',
      `scripts/long.mjs: ${LINES_MAX + 1} lines`,
    ],
  },
};

export const SHAPE_RULES: readonly Rule[] = [fileCircles, folderCircles, folderSize, fileNames];
