import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A tree of files as rules look at it: each text by its path from the checkout's top, in the order of the paths. */
export type Tree = ReadonlyMap<string, string>;

/** Something that must hold of this repository, as a pure function over its files. */
export interface Rule {
  readonly name: string;
  /** Everything that breaks the rule, a line each. */
  readonly find: (tree: Tree) => readonly string[];
  /** A small tree that breaks the rule in every way that it knows, and all that must be found there. */
  readonly broken: { readonly files: Readonly<Record<string, string>>; readonly finds: readonly string[] };
}

export function treeOf(files: Readonly<Record<string, string>>): Tree {
  return new Map(Object.entries(files).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

const TEXT = /(\.(ts|mjs|lua|md|json|ya?ml|html|css|svg)|\/run|\/LICENSE|rc)$/;
const FOREIGN = new Set(['node_modules', '.git']);

/** This repository, without what git ignores and what is no text. */
export function repositoryTree(): Tree {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const ignored = new Set(
    readFileSync(join(root, '.gitignore'), 'utf8')
      .split('\n')
      .map((line) => line.replace(/\/$/, '')),
  );
  const files: Record<string, string> = {};
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (FOREIGN.has(entry.name) || ignored.has(entry.name)) continue;
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile())
        files[path] = TEXT.test(`/${path}`) ? readFileSync(join(root, path), 'utf8') : '';
    }
  };
  if (existsSync(root)) walk('');
  return treeOf(files);
}

/** The files of a folder of the tree, at any depth, whose path ends so. */
export function filesIn(tree: Tree, folder: string, ending: RegExp): readonly string[] {
  return [...tree.keys()].filter((path) => path.startsWith(`${folder}/`) && ending.test(path));
}

export function textOf(tree: Tree, path: string): string {
  return tree.get(path) ?? '';
}
