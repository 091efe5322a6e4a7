/** `docs/settings.md`, made from the tables of `src/config`. Imported once the TypeScript loader is registered. */
import { Temporal } from '@js-temporal/polyfill';
const { SETTINGS } = await import('../src/config/settings-table.ts');
const { STORE_SETTINGS } = await import('../src/config/store-table.ts');
const { PHONE_SETTINGS } = await import('../src/config/phone-table.ts');

const INTRODUCTION = `# Settings

<!-- Written by \`npm run docs\` from src/config. Changes are made there. -->

Settings are environment variables. A bad one stops the start with one line that names it; a name that begins with
\`SCANGATE_\` and is no setting is warned of. A duration is ISO 8601, such as \`PT30S\` or \`P7D\`; bytes and counts are whole
numbers; a list is comma separated.
`;

const SECTIONS = [
  { title: 'The gateway', has: (name) => !(name in STORE_SETTINGS) && !(name in PHONE_SETTINGS) },
  { title: 'The store', has: (name) => name in STORE_SETTINGS },
  { title: 'Phones and users', has: (name) => name in PHONE_SETTINGS },
];

/** The whole page, before it is formatted. */
export function settingsPage() {
  const sections = SECTIONS.map(({ title, has }) => {
    const rows = Object.entries(SETTINGS).filter(([name]) => has(name));
    const table = ['| name | default | kind | |', '|---|---|---|---|', ...rows.map(rowOf)];
    return `## ${title}\n\n${table.join('\n')}\n`;
  });
  return [INTRODUCTION, ...sections].join('\n');
}

function rowOf([name, { kind, initial, means, min, max }]) {
  const shown = initial === undefined ? '–' : `\`${initial}\``;
  return `| \`${name}\` | ${shown} | ${kindOf(kind, min, max)} | ${means} |`;
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
