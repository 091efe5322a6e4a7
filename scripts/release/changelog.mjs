/** What a release makes of `CHANGELOG.md`. */

const UNRELEASED = '## Unreleased\n';

/**
 * What stood under _Unreleased_ under the number and the date, and an empty _Unreleased_ above it.
 *
 * @param {string} text @param {string} version @param {string} date as 2026-11-29
 * @returns {{ text: string, notes: string }} the page, and what is new
 * @throws Error where nothing is new
 */
export function released(text, version, date) {
  const at = text.indexOf(UNRELEASED);
  if (at < 0) throw new Error('CHANGELOG.md has no section "Unreleased"');
  const from = at + UNRELEASED.length;
  const next = text.indexOf('\n## ', from);
  const notes = text.slice(from, next < 0 ? undefined : next).trim();
  if (notes === '')
    throw new Error('CHANGELOG.md has nothing under "Unreleased": there is nothing to release');
  const head = `${text.slice(0, from)}\n## ${version} - ${date}\n`;
  return { text: head + text.slice(from), notes: `${notes}\n` };
}
