import { posix } from 'node:path';
import { filesIn, textOf } from './tree.ts';
import type { Tree } from './tree.ts';

export interface Import {
  readonly from: string;
  /** A path from the checkout's top, or a package. */
  readonly to: string;
  readonly isLocal: boolean;
  readonly isType: boolean;
}

const STATEMENT =
  /^(?:import|export)\s(?:(type)\s)?[^;'"]*?from\s+'([^']+)'|^import\s+'([^']+)'|\bimport\(\s*'([^']+)'/gm;

/** The sources of `src`, each with what it imports; types count like everything else. */
export type Sources = ReadonlyMap<string, readonly Import[]>;

const known = new WeakMap<Tree, Sources>();

/** The sources of a tree; read once. */
export function sourcesOf(tree: Tree): Sources {
  const sources =
    known.get(tree) ?? new Map(filesIn(tree, 'src', /\.ts$/).map((path) => [path, importsOf(tree, path)]));
  known.set(tree, sources);
  return sources;
}

function importsOf(tree: Tree, path: string): Import[] {
  return [...textOf(tree, path).matchAll(STATEMENT)].map((match) => {
    const specifier = match[2] ?? match[3] ?? match[4] ?? '';
    const isLocal = specifier.startsWith('.');
    const to = isLocal ? posix.join(posix.dirname(path), specifier) : specifier;
    return { from: path, to, isLocal, isType: match[1] === 'type' };
  });
}

/** Every import of a file of this repository. */
export function localImports(tree: Tree): readonly Import[] {
  return [...sourcesOf(tree).values()].flat().filter(({ isLocal }) => isLocal);
}

export function arrow({ from, to }: Import): string {
  return `${from} → ${to}`;
}

/** The files that these import, directly or not, and they themselves. */
export function reachable(sources: Sources, from: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const queue = [...from];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    for (const { to, isLocal } of sources.get(path) ?? []) if (isLocal) queue.push(to);
  }
  return seen;
}

const COMMENT = /\/\*[\s\S]*?\*\/|(?<=^|[^:'"`])\/\/.*$/gm;

/** A source without its comments; its lines keep their numbers. */
export function withoutComments(text: string): string {
  return text.replaceAll(COMMENT, (comment) => comment.replaceAll(/[^\n]/g, ''));
}

/** A source without comments and without what stands in plain strings. */
export function codeOf(text: string): string {
  return withoutComments(text).replaceAll(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g, "''");
}

/** The comments of a source: what each says, without its marks. */
export function commentsOf(text: string): readonly string[] {
  return [...text.matchAll(COMMENT)].map(([comment]) =>
    comment
      .replaceAll(/^\/\*+|\*+\/$|^\/\//g, '')
      .replaceAll(/^\s*\*/gm, '')
      .replaceAll(/\s+/g, ' ')
      .trim(),
  );
}

/** The lines of code that match, each as `path:line text`. */
export function linesWith(tree: Tree, pattern: RegExp, paths: readonly string[]): readonly string[] {
  return paths.flatMap((path) =>
    codeOf(textOf(tree, path))
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : [])),
  );
}
