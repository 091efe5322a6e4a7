import { sourcesOf, withoutComments } from '../source.ts';
import { filesIn, textOf } from '../tree.ts';
import type { Rule, Tree } from '../tree.ts';

/** The settings that `src/config` declares, each with the place at which it does. */
function declared(tree: Tree): ReadonlyMap<string, string> {
  const rows = filesIn(tree, 'src/config', /\.ts$/).flatMap((path) =>
    [...textOf(tree, path).matchAll(/^ {2}([A-Z][A-Z0-9_]+): setting\(/gm)].map(
      ([, name = '']) => [name, path] as const,
    ),
  );
  return new Map(rows);
}

const codeIn = (tree: Tree, path: string): string => withoutComments(textOf(tree, path));

const read: Rule = {
  name: 'every setting is read by something',
  find(tree) {
    const code = [...sourcesOf(tree).keys()].map((path) => codeIn(tree, path)).join('\n');
    return [...declared(tree)].flatMap(([name, path]) => {
      const reading = new RegExp(`\\.${name}\\b|\\bconfig, '${name}'|\\['${name}'\\]`);
      return reading.test(code) ? [] : [`${path}: nothing reads ${name}`];
    });
  },
  broken: {
    files: {
      'src/config/table.ts':
        "const SETTINGS = {\n  PORT: setting('port'),\n  SCANGATE_READ: setting('text'),\n  SCANGATE_LEFT: setting('text'),\n  SCANGATE_ASKED: setting('text'),\n  SCANGATE_CHECKED: setting('text'),\n};\nconst ORDER = ['SCANGATE_LEFT', 'SCANGATE_READ'];\nthrow new BadSetting('SCANGATE_CHECKED');",
      'src/compose/a.ts':
        "listen(config.PORT);\nneeded(config, 'SCANGATE_ASKED');\n// config.SCANGATE_LEFT\nuse(values['SCANGATE_READ']);",
    },
    finds: [
      'src/config/table.ts: nothing reads SCANGATE_LEFT',
      'src/config/table.ts: nothing reads SCANGATE_CHECKED',
    ],
  },
};

/** Texts in which a setting may stand that is none any more: what was. */
const HISTORY = new Set(['CHANGELOG.md']);

const known: Rule = {
  name: 'every setting that a source, a page or an example names is declared',
  find(tree) {
    const settings = declared(tree);
    const places = [...tree.keys()].filter(
      (path) =>
        !HISTORY.has(path) && (/^(src|docs|examples|bench|scripts)\//.test(path) || /^[^/]+\.md$/.test(path)),
    );
    return places.flatMap((path) => {
      const names = new Set(textOf(tree, path).match(/\bSCANGATE_(?!TEST_)[A-Z0-9_]*[A-Z0-9]\b/g));
      return [...names].filter((name) => !settings.has(name)).map((name) => `${path}: ${name}`);
    });
  },
  broken: {
    files: {
      'src/config/table.ts': "const SETTINGS = {\n  SCANGATE_PERIOD: setting('duration'),\n};",
      'src/compose/a.ts': "env['SCANGATE_PERIODS'];\nenv.SCANGATE_TEST_WITHOUT;\nconfig.SCANGATE_PERIOD;",
      'docs/run.md': 'Set `SCANGATE_GONE`.',
      'CHANGELOG.md': '`SCANGATE_GONE` is gone.',
    },
    finds: ['docs/run.md: SCANGATE_GONE', 'src/compose/a.ts: SCANGATE_PERIODS'],
  },
};

export const SETTING_RULES: readonly Rule[] = [read, known];
