/**
 * `npm run openapi`: writes `openapi.yaml` from the route table. `npm run openapi:check` makes it again and compares bytes.
 *
 * No route is run for it: a route's options are stood in for by an object that has everything and does nothing.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';

register('./typescript-loader.mjs', import.meta.url);
const { openApiYaml } = await import('./openapi-document.mjs');
const { routeTable } = await import('../src/http/route-table.ts');

const file = fileURLToPath(new URL('../openapi.yaml', import.meta.url));

const anything = new Proxy(() => anything, {
  get: (_target, name) => {
    // Counted, there is one of everything: what needs settings to be there is documented too.
    if (name === Symbol.toPrimitive) return (hint) => (hint === 'number' ? 1 : '');
    return name === 'then' ? undefined : anything;
  },
});

const made = openApiYaml(routeTable(anything));

if (process.argv.includes('--check')) {
  let committed = '';
  try {
    committed = readFileSync(file, 'utf8');
  } catch {
    // Missing is different.
  }
  if (committed !== made) {
    console.error('openapi.yaml is not what the route table says: run `npm run openapi` and commit it');
    process.exitCode = 1;
  }
} else {
  writeFileSync(file, made);
}
