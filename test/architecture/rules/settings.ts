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

// A secret's `<name>_FILE` is no row of its own.
function isFileOf(name: string, settings: ReadonlyMap<string, string>): boolean {
  return name.endsWith('_FILE') && settings.has(name.replace(/_FILE$/, ''));
}

/** What holds settings against each other and so reads none for any other end. */
const RELATIONS = 'src/config/relations.ts';

function codeOutside(tree: Tree, isInside: (path: string) => boolean): string {
  return [...sourcesOf(tree).keys()]
    .filter((path) => !isInside(path))
    .map((path) => withoutComments(textOf(tree, path)))
    .join('\n');
}

/** The members under which rooms are handed their settings, each with the file that does. */
function handedOn(tree: Tree): readonly (readonly [member: string, path: string])[] {
  return filesIn(tree, 'src/config/rooms', /\.ts$/).flatMap((path) =>
    [...textOf(tree, path).matchAll(/^ {4,}(\w+): /gm)].map(([, member = '']) => [member, path] as const),
  );
}

const read: Rule = {
  name: 'every setting is read, and so is every member under which a room is handed one',
  find(tree) {
    const code = codeOutside(tree, (path) => path === RELATIONS);
    const rooms = codeOutside(tree, (path) => path.startsWith('src/config/'));
    const isRead = (name: string): boolean =>
      new RegExp(`\\.${name}\\b|\\bconfig, '${name}'|\\['${name}'\\]`).test(code);
    const isTaken = (member: string): boolean =>
      new RegExp(`\\.${member}\\b|'${member}'|[{,]\\s*${member}\\s*(?:[,}=]|: \\w+\\s*[,}])`).test(rooms);
    return [
      ...[...declared(tree)].filter(([name]) => !isRead(name)),
      ...handedOn(tree).filter(([member]) => !isTaken(member)),
    ].map(([name, path]) => `${path}: nothing reads ${name}`);
  },
  broken: {
    files: {
      'src/config/table.ts':
        "const SETTINGS = {\n  PORT: setting('port'),\n  SCANGATE_READ: setting('text'),\n  SCANGATE_LEFT: setting('text'),\n  SCANGATE_ASKED: setting('text'),\n  SCANGATE_CHECKED: setting('text'),\n};",
      'src/config/relations.ts':
        "if (values.SCANGATE_LEFT > values.SCANGATE_READ) throw new BadSetting('SCANGATE_CHECKED');",
      'src/config/rooms/http.ts':
        'return {\n    port: config.PORT,\n    text: config.SCANGATE_READ,\n    shown: config.SCANGATE_READ,\n    idle: config.SCANGATE_READ,\n  };',
      'src/compose/a.ts': "needed(config, 'SCANGATE_ASKED');\n// config.SCANGATE_LEFT, settings.idle",
      'src/http/server.ts':
        'interface ServerSettings { readonly port: number; readonly idle: string }\nconst { text, shown: label } = settings;\nlisten(settings.port);',
    },
    finds: [
      'src/config/table.ts: nothing reads SCANGATE_LEFT',
      'src/config/table.ts: nothing reads SCANGATE_CHECKED',
      'src/config/rooms/http.ts: nothing reads idle',
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
      return [...names]
        .filter((name) => !settings.has(name) && !isFileOf(name, settings))
        .map((name) => `${path}: ${name}`);
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
