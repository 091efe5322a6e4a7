/** `docs/settings.md`, made from the tables of `src/config`. Imported once the TypeScript loader is registered. */
import { readFileSync, readdirSync } from 'node:fs';
import { Temporal } from '@js-temporal/polyfill';

const TABLES = new URL('../src/config/tables/', import.meta.url);
/** What a table says of itself becomes its heading, and the sentence below that. */
const DESCRIPTION = /\/\*\* The settings of ([^:.]+)(?:: ([^.]+))?\. \*\/\nexport const (\w+) =/;

const { SETTINGS } = await import('../src/config/settings-table.ts');
const { FILED_SETTINGS } = await import('../src/config/secret-files.ts');
const tables = await Promise.all(readdirSync(TABLES).map(readTable));

const INTRODUCTION = `# Settings

<!-- Written by \`npm run docs\` from src/config. Changes are made there. -->

Settings are environment variables. A bad one stops the start with one line that names it; a name that begins with
\`SCANGATE_\` and is no setting is warned of. A duration is ISO 8601, such as \`PT30S\` or \`P7D\`; bytes and counts are whole
numbers; a list is comma separated. \`<name>_FILE\`, where a row says so, names a file that holds the setting, and that not every
user of the machine may read. \`.env.example\` has all of them for \`node --env-file\`; \`scangate check\` says which take effect.
Of OpenTelemetry's variables (\`OTEL_*\`), [traces.md](traces.md#which-settings-are-heard) says which are heard.
`;

/** The whole page, before it is formatted. @throws Error for a setting or a table that would be missing. */
export function settingsPage() {
  const names = Object.keys(SETTINGS);
  const homeless = names.filter((name) => !tables.some(({ rows }) => Object.hasOwn(rows, name)));
  if (homeless.length > 0) throw new Error(`src/config/tables does not have ${homeless.join(', ')}`);
  const place = ({ rows }) => names.indexOf(Object.keys(rows)[0]);
  const sections = tables.toSorted((one, other) => place(one) - place(other)).map(sectionOf);
  return [INTRODUCTION, ...sections].join('\n');
}

async function readTable(file) {
  const address = new URL(file, TABLES);
  const [, title, about, name] = DESCRIPTION.exec(readFileSync(address, 'utf8')) ?? [];
  if (name === undefined) throw new Error(`${file} does not say "The settings of …" above its table`);
  const { [name]: rows } = await import(address.href);
  return { title, about, rows };
}

function sectionOf({ title, about, rows }) {
  const sentence = about === undefined ? '' : `${capitalised(about)}.\n\n`;
  const table = ['| name | default | kind | |', '|---|---|---|---|', ...Object.entries(rows).map(rowOf)];
  return `## ${capitalised(title)}\n\n${sentence}${table.join('\n')}\n`;
}

function rowOf([name, { kind, initial, means, min, max, secret }]) {
  const shown = initial === undefined ? '–' : `\`${initial}\``;
  const hidden = secret === true ? '; a secret, never shown' : '';
  const file = FILED_SETTINGS.includes(name) ? `; or \`${name}_FILE\`` : '';
  return `| \`${name}\` | ${shown} | ${kindOf(kind, min, max)} | ${means}${hidden}${file} |`;
}

function kindOf(kind, min, max) {
  if (Array.isArray(kind)) return kind.map((choice) => `\`${choice}\``).join(', ');
  const unit = (value) => (kind === 'duration' ? durationOf(value) : String(value));
  const bounds = [
    ...(min === undefined ? [] : [`from ${unit(min)}`]),
    ...(max === undefined ? [] : [`to ${unit(max)}`]),
  ];
  return [kind, ...bounds].join(' ');
}

function durationOf(milliseconds) {
  return Temporal.Duration.from({ milliseconds }).round({ largestUnit: 'hours' }).toString();
}

function capitalised(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
