/** The rows of `docs/security.md`: each names what shows it in `test/attack`, and each test there has its row. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const PAGE = 'docs/security.md';
const TESTS = 'test/attack';
const MUTANTS = 'scripts/attack-mutants.json';

/**
 * The rows of the tables that have a column "shown by".
 *
 * @returns {readonly { id: string, tests: readonly string[] }[]} the files by their path in the checkout
 */
export function securityRows(markdown) {
  let shownBy = -1;
  return markdown.split('\n').flatMap((line) => {
    if (!line.startsWith('|')) shownBy = -1;
    const cells = line.split('|').map((cell) => cell.trim());
    if (cells.includes('shown by')) shownBy = cells.indexOf('shown by');
    const [, id] = /^`([a-z-]+)`$/.exec(cells[1] ?? '') ?? [];
    if (shownBy < 0 || id === undefined) return [];
    const names = [...(cells[shownBy] ?? '').matchAll(/`([^`]+)`/g)];
    return [{ id, tests: names.map(([, name]) => `${TESTS}/${name}.test.ts`) }];
  });
}

/** One line for each row without a test, test without a row, and name that is not there or stands twice. */
export function securityMistakes(root) {
  const rows = securityRows(readFileSync(join(root, PAGE), 'utf8'));
  const named = new Set(rows.flatMap(({ tests }) => tests));
  const there = readdirSync(join(root, TESTS)).filter((name) => name.endsWith('.test.ts'));
  return [
    ...rows.filter(({ tests }) => tests.length === 0).map(({ id }) => `${id} is shown by nothing`),
    ...rows
      .filter(({ id }, at) => rows.findIndex((row) => row.id === id) !== at)
      .map(({ id }) => `${id} stands there twice`),
    ...[...named].filter((path) => !existsSync(join(root, path))).map((path) => `there is no ${path}`),
    ...there
      .filter((name) => !named.has(`${TESTS}/${name}`))
      .map((name) => `no row is shown by ${TESTS}/${name}`),
  ].map((mistake) => `${PAGE}: ${mistake}`);
}

/** One line for each mutant of `scripts/attack-mutants.json` that is of no row, or that none of its row's tests would notice. */
export function mutantMistakes(root) {
  const rows = securityRows(readFileSync(join(root, PAGE), 'utf8'));
  const mutants = JSON.parse(readFileSync(join(root, MUTANTS), 'utf8'));
  return mutants
    .filter(({ name, tests }) => {
      const row = rows.find(({ id }) => name.startsWith(`${id}: `));
      return row === undefined || tests.some((test) => !row.tests.includes(test));
    })
    .map(({ name }) => `${MUTANTS}: "${name}" is of no row of ${PAGE} that names its tests`);
}
