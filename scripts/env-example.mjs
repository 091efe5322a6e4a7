/** `.env.example`, made from the tables of `src/config`. Imported once the TypeScript loader is registered. */
const { SETTINGS } = await import('../src/config/settings-table.ts');
const { FILED_SETTINGS } = await import('../src/config/secret-files.ts');

const INTRODUCTION = `# All settings, each with its default. Written by \`npm run docs\` from src/config; docs/settings.md says more.
# Copy it, take the # from what you set, and start with: node --env-file=.env dist/main.js
# A secret is better kept in a file of its own, which <name>_FILE names.
`;

/** The whole file. */
export function envExample() {
  return [INTRODUCTION, ...Object.entries(SETTINGS).map(linesOf)].join('\n');
}

function linesOf([name, { initial, means }]) {
  const file = FILED_SETTINGS.includes(name) ? `# ${name}_FILE=\n` : '';
  return `# ${means.replaceAll('`', '')}\n# ${name}=${initial ?? ''}\n${file}`;
}
