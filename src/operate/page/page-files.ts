import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readStaticFiles } from '../../http/answer/static-files.ts';
import type { StaticFile } from '../../http/answer/static-files.ts';

/** The page for operators, and what it loads. */
export interface PageFiles {
  /** HTML. */
  readonly page: string;
  readonly signIn: string;
  /** By their path below `/page/`. */
  readonly assets: ReadonlyMap<string, StaticFile>;
}

/** Reads them once. @param folder as the build made it. */
export function readPageFiles(folder: string): PageFiles {
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  return { page: read('page.html'), signIn: read('sign-in.html'), assets: readStaticFiles(folder) };
}
