/** What documents point to: other documents, their headings, files, and scripts of `package.json`. */
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const SKIPPED = new Set(['node_modules', 'dist', 'coverage', '.git', '.cache', 'test-artifacts']);

/** One line for each reference in a document of the checkout that leads nowhere. */
export function brokenReferences(root) {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return documentsIn(root).flatMap((path) => {
    const text = readFileSync(path, 'utf8');
    const at = (what) => `${relative(root, path)}: ${what}`;
    const dead = linksOf(text).filter((link) => !leadsSomewhere(link, path));
    const unknown = scriptsIn(text).filter((name) => !Object.hasOwn(scripts, name));
    return [
      ...dead.map((link) => at(`the link to ${link} leads nowhere`)),
      ...unknown.map((name) => at(`there is no \`npm run ${name}\``)),
    ];
  });
}

function documentsIn(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : documentsIn(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

function linksOf(text) {
  const prose = text.replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, '').replaceAll(/`[^`\n]*`/g, '``');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link]) => link)
    .filter((link) => !/^[a-z]+:/.test(link));
}

function leadsSomewhere(link, from) {
  const [file = '', anchor] = link.split('#');
  const path = file === '' ? from : join(dirname(from), file);
  if (!existsSync(path)) return false;
  if (anchor === undefined) return true;
  return statSync(path).isFile() && anchorsOf(readFileSync(path, 'utf8')).has(anchor);
}

/** The anchors of a document's headings, as GitHub makes them. */
function anchorsOf(text) {
  const prose = text.replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, '');
  const counts = new Map();
  const anchors = [...prose.matchAll(/^#{1,6} (.*)$/gm)].map(([, heading]) => {
    const words = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(/\s/g, '-');
    const count = counts.get(words) ?? 0;
    counts.set(words, count + 1);
    return count === 0 ? words : `${words}-${count}`;
  });
  return new Set(anchors);
}

function scriptsIn(text) {
  return [...text.matchAll(/\bnpm run (?:-s |--silent )?([a-z][\w:-]*)/g)].map(([, name]) => name);
}
