// A process that owns a file store, for tests that end it. Runs the sources as they are.
import { readFile } from 'node:fs/promises';
import { register } from 'node:module';
import { isMainThread } from 'node:worker_threads';

/** A loader hook: TypeScript by way of swc, as jest has it. */
export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const { transform } = await import('@swc/core');
  const source = await readFile(new URL(url), 'utf8');
  const { code } = await transform(source, {
    swcrc: false,
    jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
    module: { type: 'es6' },
  });
  return { format: 'module', source: code, shortCircuit: true };
}

if (isMainThread && process.argv[1] === new URL(import.meta.url).pathname) {
  register(import.meta.url);
  const { roles } = await import('./file-roles.ts');
  const [role = '', folder = '', seed = '0'] = process.argv.slice(2);
  try {
    await roles[role](folder, Number(seed));
  } catch (error) {
    console.error(`${error.name}: ${error.message}`);
    process.exitCode = 3;
  }
}
