/** Links between documents: to files, and to headings. What else documents name, `test/architecture` looks for. */
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const SKIPPED = new Set(['node_modules', 'dist', 'coverage', '.git', '.cache', 'test-artifacts']);

/** One line for each relative link in a document of the checkout that leads nowhere. */
export function deadLinks(root) {
  return documentsIn(root).flatMap((path) =>
    linksOf(readFileSync(path, 'utf8'))
      .filter((link) => !leadsSomewhere(link, path))
      .map((link) => `${relative(root, path)}: the link to ${link} leads nowhere`),
  );
}

function documentsIn(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : documentsIn(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

const withoutBlocks = (text) => text.replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, '');

function linksOf(text) {
  const prose = withoutBlocks(text).replaceAll(/`[^`\n]*`/g, '``');
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
  const counts = new Map();
  const anchors = [...withoutBlocks(text).matchAll(/^#{1,6} (.*)$/gm)].map(([, heading]) => {
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
