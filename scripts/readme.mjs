// Writes the settings table of README.md from the built settings, or compares it (--check).
import { readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { SETTINGS } from '../dist/config/settings-table.js';

const FILE = new URL('../README.md', import.meta.url);
const BEGIN = '<!-- settings: npm run readme -->\n';
const END = '<!-- /settings -->';

const rows = Object.entries(SETTINGS).map(([name, { kind, initial, means }]) => {
  const unit = Array.isArray(kind) ? kind.map((choice) => `\`${choice}\``).join(' ') : kind;
  return `| \`${name}\` | ${initial === undefined ? '–' : `\`${initial}\``} | ${unit} | ${means} |`;
});
const table = ['| name | default | kind | |', '|---|---|---|---|', ...rows, ''].join('\n');

const text = readFileSync(FILE, 'utf8');
const [before, rest] = text.split(BEGIN);
const after = rest?.split(END)[1];
if (after === undefined) throw new Error('README.md has lost the marks of its settings table');
const options = { ...(await resolveConfig(FILE)), parser: 'markdown' };
const wanted = await format(`${before}${BEGIN}\n${table}\n${END}${after}`, options);

if (!process.argv.includes('--check')) writeFileSync(FILE, wanted);
else if (text !== wanted) {
  process.stderr.write(
    "README.md's settings table is not what src/config/settings-table.ts says: npm run build && npm run readme\n",
  );
  process.exitCode = 1;
}
