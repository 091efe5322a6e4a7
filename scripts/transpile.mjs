/**
 * Makes a run's own JavaScript of TypeScript sources, in a folder of that run: what is edited meanwhile changes nothing
 * halfway. Types are taken out, not checked: `npm run types` does that.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { transform } from '@swc/core';

const RELATIVE_IMPORT = /\b(?:from|import)\s*\(?\s*["'](\.{1,2}\/[^"']+)\.js["']/g;

/**
 * Follows the relative imports of the entries and writes each module below `to`, at its path below `from`.
 *
 * @param {{ from: string, to: string, entries: readonly string[], edit?: (path: string, source: string) => string }} what
 *   `entries`: paths below `from`. `edit`: what stands in a module's place
 */
export async function transpile({ from, to, entries, edit = (_path, source) => source }) {
  const known = new Set(entries);
  for (const path of known) {
    const code = await withoutTypes(edit(path, readFileSync(join(from, path), 'utf8')), { filename: path });
    for (const [, imported] of code.matchAll(RELATIVE_IMPORT)) {
      const next = `${join(dirname(path), imported)}.ts`;
      if (existsSync(join(from, next))) known.add(next);
    }
    const written = join(to, path.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(written), { recursive: true });
    writeFileSync(written, code);
  }
}

/**
 * JavaScript of one TypeScript module, its relative imports of `.ts` turned into `.js`.
 *
 * @param {string} source
 * @param {{ filename: string, sourceMaps?: 'inline' | false }} about
 */
export async function withoutTypes(source, { filename, sourceMaps = false }) {
  const { code } = await transform(source, {
    filename,
    configFile: false,
    swcrc: false,
    isModule: true,
    sourceMaps,
    jsc: {
      target: 'es2023',
      parser: { syntax: 'typescript' },
      rewriteRelativeImportExtensions: true,
      transform: { verbatimModuleSyntax: true },
    },
  });
  return code;
}
