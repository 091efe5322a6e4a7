import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Where `--help` is on the command line: prints the comment that this script begins with, and ends the process with 0. */
export function helpWhereAsked(script) {
  if (!process.argv.includes('--help')) return;
  const [head] = readFileSync(fileURLToPath(script), 'utf8').split('*/');
  console.log(head.replace(/^\/\*\*\n/, '').replaceAll(/^ \* ?/gm, ''));
  process.exit(0);
}
