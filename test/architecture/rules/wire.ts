import { parse } from 'yaml';
import { sourcesOf, withoutComments } from '../source.ts';
import { filesIn, textOf } from '../tree.ts';
import type { Rule, Tree } from '../tree.ts';

interface Document {
  readonly tags?: readonly { readonly name: string }[];
  readonly paths?: Readonly<Record<string, Readonly<Record<string, { readonly tags?: readonly string[] }>>>>;
}

/** The tags that routes have: those of `openapi.yaml`, and, for what is left out there, those of the sources. */
function usedTags(tree: Tree, document: Document): ReadonlySet<string> {
  const shown = Object.values(document.paths ?? {}).flatMap((methods) =>
    Object.values(methods).flatMap(({ tags }) => tags ?? []),
  );
  const written = filesIn(tree, 'src/http/routes', /\.ts$/).flatMap((path) =>
    [...textOf(tree, path).matchAll(/\btags: \[([^\]]*)\]/g)].flatMap(([, list = '']) =>
      [...list.matchAll(/'([^']+)'/g)].map(([, tag = '']) => tag),
    ),
  );
  return new Set([...shown, ...written]);
}

const tags: Rule = {
  name: 'every tag of a route is declared in openapi.yaml, and none is declared that no route has',
  find(tree) {
    const document = (parse(textOf(tree, 'openapi.yaml')) ?? {}) as Document;
    const declared = new Set((document.tags ?? []).map(({ name }) => name));
    const used = usedTags(tree, document);
    return [
      ...[...used].filter((tag) => !declared.has(tag)).map((tag) => `${tag} is not declared`),
      ...[...declared].filter((tag) => !used.has(tag)).map((tag) => `no route has ${tag}`),
    ];
  },
  broken: {
    files: {
      'openapi.yaml':
        'tags: [{ name: phone }, { name: nobody }]\npaths: { /a: { get: { tags: [phone, browser] } } }',
      'src/http/routes/a.ts': "operation: { tags: ['phone', 'hidden'] }",
    },
    finds: ['browser is not declared', 'hidden is not declared', 'no route has nobody'],
  },
};

interface List {
  readonly path: string;
  readonly members: readonly string[];
}

/** The lists of texts in a source: arrays of them, and unions. */
function listsOf(tree: Tree, path: string): readonly List[] {
  const code = withoutComments(textOf(tree, path));
  const one = "'[^'\\n]*'";
  const array = new RegExp(`\\[\\s*${one}(?:\\s*,\\s*${one})+\\s*,?\\s*\\]`, 'g');
  const union = new RegExp(`${one}(?:\\s*\\|\\s*${one})+`, 'g');
  return [...code.matchAll(array), ...code.matchAll(union)].map(([text]) => ({
    path,
    members: [...text.matchAll(/'([^']*)'/g)].map(([, member = '']) => member).toSorted(),
  }));
}

/** Rooms that may not import the domain's; a test holds their copies against it. */
const APART = /^src\/(web|cli\/conformance)\//;

const lists: Rule = {
  name: 'a list of the domain is written once',
  find(tree) {
    const sources = [...sourcesOf(tree).keys()];
    const isDomain = (path: string): boolean => /^src\/(ticket|session)\//.test(path);
    const lists = sources.filter((path) => !APART.test(path)).flatMap((path) => listsOf(tree, path));
    const named = new Map(
      lists.filter(({ path }) => isDomain(path)).map(({ path, members }) => [members.join(' '), path]),
    );
    return lists
      .filter(({ path, members }) => (named.get(members.join(' ')) ?? path) !== path)
      .map(({ path, members }) => `${path} repeats ${named.get(members.join(' '))}: ${members.join(', ')}`);
  },
  broken: {
    files: {
      'src/ticket/events.ts': "export const BINDINGS = ['cookie', 'bearer'] as const;",
      'src/session/session.ts': "export type SessionStatus =\n  | 'active'\n  | 'revoked'\n  | 'expired';",
      'src/http/a.ts': "z.enum([\n  'active', 'expired',\n  'revoked',\n]);\nz.enum(['active', 'expired']);",
      'src/oauth/b.ts': "let by: 'bearer' | 'cookie';",
      'src/web/c.ts': "let by: 'bearer' | 'cookie';",
    },
    finds: [
      'src/http/a.ts repeats src/session/session.ts: active, expired, revoked',
      'src/oauth/b.ts repeats src/ticket/events.ts: bearer, cookie',
    ],
  },
};

export const WIRE_RULES: readonly Rule[] = [tags, lists];
