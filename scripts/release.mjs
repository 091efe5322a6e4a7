/**
 * `npm run release -- <version>`: makes a release in a clone of HEAD: number, changelog, openapi.yaml, one commit and a tag
 * on it; then the tarball, its bill of materials (CycloneDX), where it comes from (in-toto, SLSA), and SHA-256 of all of these.
 *
 *     npm run release -- 0.2.0                    a dry run: says what would be made, and leaves nothing behind
 *     npm run release -- 0.2.0 --write            puts the files into release/, the commit and the tag into this checkout
 *     npm run release -- 0.2.0 --out <folder>     leaves the files there, also of a dry run
 *
 * It takes node_modules as `npm ci` leaves it. It never pushes and never publishes, and takes no checkout with changes that are not committed.
 */
import { createHash } from 'node:crypto';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { helpWhereAsked } from './help.mjs';
import { released } from './release/changelog.mjs';
import { mustBeInstalled } from './release/installed.mjs';
import { programs } from './release/programs.mjs';
import { provenance, sourceOf } from './release/provenance.mjs';
import { mustFollow } from './release/version.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Every file that says the number. */
const NUMBERED = [
  'package.json',
  'package-lock.json',
  'CHANGELOG.md',
  'openapi.yaml',
  'README.md',
  'deploy/kubernetes/base/deployment.yaml',
  'deploy/kubernetes/overlays/example/kustomization.yaml',
];

const NO_SOURCE =
  'package.json has no "repository", so where the files come from names a commit and no address to get it from: set it before you publish';

helpWhereAsked(import.meta.url);
const { version, write, out } = readCall();
const { run, goThrough, status } = programs();
const folder = mkdtempSync(join(tmpdir(), 'scangate-release-'));
try {
  await release();
} catch (error) {
  console.error(`release: ${error.message}`);
  process.exitCode = status() ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

function readCall() {
  const options = { write: { type: 'boolean', default: false }, out: { type: 'string' } };
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    if (positionals.length !== 1) throw new Error('it takes one version');
    const { write, out = write ? join(ROOT, 'release') : undefined } = values;
    return { version: positionals[0], write, out: out === undefined ? undefined : resolve(out) };
  } catch (error) {
    console.error(`release: ${error.message}\nnpm run release -- <version> [--write] [--out <folder>]`);
    process.exit(2);
  }
}

async function release() {
  const startedOn = new Date().toISOString();
  const changes = await git(ROOT, 'status', '--porcelain', '--untracked-files=no');
  if (changes !== '') throw new Error(`there are changes that are not committed:\n${changes}`);
  const { version: before } = jsonIn(ROOT, 'package.json');
  mustFollow(version, before, (await git(ROOT, 'tag', '--list')).split('\n'));
  mustBeInstalled(jsonIn(ROOT, 'package-lock.json'), jsonIn(ROOT, 'node_modules/.package-lock.json'));

  const clone = join(folder, 'scangate');
  await git(ROOT, 'clone', '--quiet', '--no-hardlinks', ROOT, clone);
  symlinkSync(join(ROOT, 'node_modules'), join(clone, 'node_modules'));
  const notes = await number(clone, before, startedOn.slice(0, 10));
  for (const name of ['user.name', 'user.email'])
    await git(clone, 'config', name, await git(ROOT, 'config', name));
  await git(clone, 'commit', '--quiet', '--message', `release: ${version}`, '--', ...NUMBERED);
  await git(clone, 'tag', '--annotate', `v${version}`, '--message', `v${version}`);
  say(`committed and tagged v${version} in a clone`);

  const made = join(folder, 'made');
  mkdirSync(made);
  writeFileSync(join(made, 'notes.md'), notes);
  await run(clone, 'npm', 'run', '--silent', 'build');
  await run(clone, 'npm', 'pack', '--silent', '--pack-destination', made);
  const bill = await run(
    clone,
    'npm',
    'sbom',
    '--package-lock-only',
    '--omit=dev',
    '--sbom-format',
    'cyclonedx',
  );
  writeFileSync(join(made, `scangate-${version}.cdx.json`), bill);
  await tell(clone, made, startedOn);
  await hand(clone, made);
}

/** Puts the number wherever it is said. @returns what is new */
async function number(clone, before, date) {
  const change = (name, make) => {
    const path = join(clone, name);
    writeFileSync(path, make(readFileSync(path, 'utf8')));
  };
  const { text, notes } = released(readFileSync(join(clone, 'CHANGELOG.md'), 'utf8'), version, date);
  change('CHANGELOG.md', () => text);
  const said = new RegExp(`(scangate-|image: scangate:|newTag: )${before.replaceAll('.', '\\.')}`, 'g');
  for (const name of NUMBERED.slice(-3)) change(name, (text) => text.replaceAll(said, `$1${version}`));
  await run(clone, 'npm', 'version', '--no-git-tag-version', '--allow-same-version', version);
  await run(clone, 'npm', 'run', '--silent', 'openapi');
  return notes;
}

/** Says where the files come from, and sums all of them up. */
async function tell(clone, made, startedOn) {
  const files = filesIn(made);
  const source = sourceOf(jsonIn(clone, 'package.json'));
  if (source === undefined) say(NO_SOURCE);
  const statement = provenance({
    version,
    files,
    startedOn,
    finishedOn: new Date().toISOString(),
    commit: await git(clone, 'rev-parse', 'HEAD'),
    source,
    lock: sha256(join(clone, 'package-lock.json')),
    tools: { node: process.version, npm: (await run(clone, 'npm', '--version')).trim() },
    env: process.env,
  });
  writeFileSync(
    join(made, `scangate-${version}.intoto.json`),
    `${JSON.stringify(statement, undefined, 2)}\n`,
  );
  const sums = filesIn(made).map(({ name, sha256: sum }) => `${sum}  ${name}\n`);
  writeFileSync(join(made, 'SHA256SUMS'), sums.join(''));
}

/** Hands over what was asked for. */
async function hand(clone, made) {
  for (const { name, sha256: sum } of filesIn(made)) say(`${sum}  ${name}`);
  // A commit without its tag, or half of the files, would be worse than one that comes late.
  goThrough();
  if (write) {
    await git(ROOT, 'fetch', '--quiet', '--no-tags', clone, 'HEAD');
    await git(ROOT, 'merge', '--quiet', '--ff-only', 'FETCH_HEAD');
    await git(ROOT, 'fetch', '--quiet', clone, 'tag', `v${version}`);
  }
  if (out !== undefined) {
    cpSync(made, out, { recursive: true });
    say(`the files are in ${out}`);
  }
  if (!write) return say('a dry run: no commit and no tag were left here (--write leaves them)');
  say(`this checkout is at v${version}; nothing was pushed: git push --follow-tags`);
}

function filesIn(place) {
  return readdirSync(place)
    .toSorted()
    .map((name) => ({ name, sha256: sha256(join(place, name)) }));
}

function jsonIn(place, name) {
  return JSON.parse(readFileSync(join(place, name), 'utf8'));
}

function sha256(path) {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

async function git(cwd, ...args) {
  return (await run(cwd, 'git', ...args)).trim();
}

function say(line) {
  console.log(`release: ${line}`);
}
