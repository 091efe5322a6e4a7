/**
 * `npm run docs`: writes what documents repeat: `docs/settings.md` and `.env.example` from `src/config`, `docs/commands.md` from
 * `src/cli`, `docs/metrics.md` from `src/telemetry`, the figures and charts of `docs/speed.md` and what `docs/scale.md`
 * computes of them from `bench/last-run.json`, and in the README the worst and the total row of the table in `docs/chaos.md`. `npm run docs:check` makes them again and compares, follows all
 * links, and holds the rows of `docs/security.md` against the tests that they name.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { chartsOf, reportOf } from '../bench/report.mjs';
import { scaleOf } from '../bench/scale.mjs';
import { readTable, summaryOf } from './chaos-summary.mjs';
import { deadLinks } from './dead-links.mjs';
import { mutantMistakes, securityMistakes } from './security-rows.mjs';

register('./typescript-loader.mjs', import.meta.url);
const { settingsPage } = await import('./settings-page.mjs');
const { commandsPage } = await import('./commands-page.mjs');
const { metricsPage } = await import('./metrics-page.mjs');
const { envExample } = await import('./env-example.mjs');

const SUMMARY = /(?<=<!-- chaos: npm run docs -->\n)[\s\S]*?(?=<!-- \/chaos -->)/;

const RUN = /(?<=<!-- bench: npm run docs -->\n)[\s\S]*?(?=<!-- \/bench -->)/;
const LAST_RUN = 'bench/last-run.json';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path) => readFileSync(`${root}${path}`, 'utf8');

async function formatted(path, text) {
  return path.endsWith('.md') ? await markdown(path, text) : text;
}

async function markdown(path, text) {
  return await format(text, { ...(await resolveConfig(`${root}${path}`)), parser: 'markdown' });
}

function readme() {
  const text = read('README.md');
  if (!SUMMARY.test(text)) throw new Error('README.md has lost the marks of its chaos rows');
  return text.replace(SUMMARY, () => `\n${summaryOf(readTable(read('docs/chaos.md')))}\n\n`);
}

function speedPage(run) {
  const text = read('docs/speed.md');
  if (!RUN.test(text)) throw new Error('docs/speed.md has lost the marks of its figures');
  return text.replace(RUN, () => `\n${reportOf(run)}\n\n`);
}

function scalePage(run) {
  let text = read('docs/scale.md');
  for (const [name, part] of Object.entries(scaleOf(run))) {
    const marked = new RegExp(`(?<=<!-- ${name}: npm run docs -->\\n)[\\s\\S]*?(?=<!-- /${name} -->)`);
    if (!marked.test(text)) throw new Error(`docs/scale.md has lost the marks of its ${name}`);
    text = text.replace(marked, () => `\n${part}\n\n`);
  }
  return text;
}

const lastRun = JSON.parse(read(LAST_RUN));
const written = [
  ['docs/settings.md', settingsPage(), 'src/config'],
  ['docs/commands.md', commandsPage(), 'src/cli'],
  ['docs/metrics.md', metricsPage(), 'src/telemetry/metrics.ts'],
  ['.env.example', envExample(), 'src/config'],
  ['docs/speed.md', speedPage(lastRun), LAST_RUN],
  ['docs/scale.md', scalePage(lastRun), LAST_RUN],
  ...chartsOf(lastRun).map(([path, chart]) => [path, chart, LAST_RUN]),
  ['README.md', readme(), 'the table in docs/chaos.md'],
];

const check = process.argv.includes('--check');
for (const [path, text, source] of written) {
  const wanted = await formatted(path, text);
  if (!check) writeFileSync(`${root}${path}`, wanted);
  else if (read(path) !== wanted)
    complain(`${path} is not what ${source} says: run \`npm run docs\` and commit it`);
}
for (const line of [...deadLinks(root), ...securityMistakes(root), ...mutantMistakes(root)]) complain(line);

function complain(line) {
  console.error(line);
  process.exitCode = 1;
}
