#!/usr/bin/env node
/** The command of the package: `dist/cli/scangate.js`, or where that was never built, one line that says so. */
import { existsSync } from 'node:fs';

const built = new URL('../dist/cli/scangate.js', import.meta.url);
if (existsSync(built)) await import(built.href);
else {
  const why = 'this package was packed from a checkout that was not built';
  process.stderr.write(`scangate: ${why}: in the checkout run \`npm run build && npm pack\`\n`);
  process.exitCode = 1;
}
