import { execFile } from 'node:child_process';
import { mkdir, readFile, readdir, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { startChild } from '../support/child.ts';
import { temporaryFolder } from '../support/folder.ts';
import { until } from '../support/until.ts';

/** Builds and packs: `npm test -- --long test/scripts/release.test.ts`. */
const whole = process.env['SCANGATE_TEST_LONG'] === undefined ? test.skip : test;

const ROOT = resolve(import.meta.dirname, '../..');
const run = promisify(execFile);
const script = async (name: string): Promise<unknown> =>
  await import(new URL(`../../scripts/release/${name}`, import.meta.url).href);
const { released } = (await script('changelog.mjs')) as {
  readonly released: (
    text: string,
    version: string,
    date: string,
  ) => { readonly text: string; readonly notes: string };
};
const { mustFollow } = (await script('version.mjs')) as {
  readonly mustFollow: (version: string, before: string, tags: readonly string[]) => void;
};

const { mustBeInstalled } = (await script('installed.mjs')) as {
  readonly mustBeInstalled: (lock: Lock, installed: Lock) => void;
};
const { provenance, sourceOf } = (await script('provenance.mjs')) as {
  readonly provenance: (given: object) => Statement;
  readonly sourceOf: (manifest: { readonly repository?: unknown }) => string | undefined;
};

interface Lock {
  readonly packages: Readonly<
    Record<string, { readonly version: string; readonly integrity?: string; readonly optional?: boolean }>
  >;
}

test('what is unreleased gets the number and the date, what was released stays', () => {
  const page = '# Changelog\n\n## Unreleased\n\n### Added\n\n- A.\n\n## 0.1.0 - 2026-01-01\n\n- B.\n';
  expect(released(page, '0.2.0', '2026-11-29')).toEqual({
    text: '# Changelog\n\n## Unreleased\n\n## 0.2.0 - 2026-11-29\n\n### Added\n\n- A.\n\n## 0.1.0 - 2026-01-01\n\n- B.\n',
    notes: '### Added\n\n- A.\n',
  });
  const again = (): unknown => released(page.replace('### Added\n\n- A.\n\n', ''), '0.2.0', '2026-11-29');
  expect(again).toThrow('there is nothing to release');
});

test.each([
  ['0.2', 'is no number'],
  ['v0.2.0', 'is no number'],
  ['0.0.9', 'comes before 0.1.0'],
  ['0.3.0', 'there is a tag v0.3.0 already'],
])('%s %s', (version, why) => {
  expect(() => mustFollow(version, '0.1.0', ['v0.3.0'])).toThrow(why);
});

test.each(['0.1.0', '0.1.1', '0.2.0', '1.0.0'])('%s may follow 0.1.0', (version) => {
  expect(() => mustFollow(version, '0.1.0', ['v0.3.0'])).not.toThrow();
});

test('a release takes what is locked, and no other', () => {
  const [a, b] = [{ version: '1.0.0', integrity: 'sha512-a' }, { version: '2.0.0' }];
  const lock = { packages: { '': b, 'node_modules/a': a, 'node_modules/b': { ...b, optional: true } } };
  const refuses =
    (packages: Lock['packages']): unknown =>
    () =>
      mustBeInstalled(lock, { packages });
  expect(refuses({ 'node_modules/a': a })).not.toThrow();
  for (const packages of [
    { 'node_modules/b': b },
    { 'node_modules/a': { ...a, version: '1.0.1' } },
    { 'node_modules/a': { ...a, integrity: 'sha512-b' } },
    { 'node_modules/a': a, 'node_modules/c': b },
  ])
    expect(refuses(packages)).toThrow('node_modules is not what package-lock.json says (npm ci)');
});

test.each([
  [{}, undefined],
  [{ repository: { type: 'git', url: 'git+https://example.com/a.git' } }, 'https://example.com/a.git'],
  [{ repository: 'https://example.com/a.git' }, 'https://example.com/a.git'],
])('the source of %j is %s', (manifest, address) => {
  expect(sourceOf(manifest)).toBe(address);
});

test.each([
  ['https://example.com/a.git', { uri: 'git+https://example.com/a.git', digest: { gitCommit: 'abc' } }],
  [undefined, { name: 'source', digest: { gitCommit: 'abc' } }],
])('of the source %s the statement makes up no address', (source, dependency) => {
  const statement = provenance({
    version: '1.0.0',
    commit: 'abc',
    source,
    lock: 'l',
    tools: {},
    files: [],
    env: {},
  });
  expect(statement.predicate.buildDefinition.resolvedDependencies[0]).toEqual(dependency);
});

test('a signal ends it and the program that it runs, and nothing is left', async () => {
  const folder = await temporaryFolder();
  const [clone, place] = [join(folder.path, 'clone'), join(folder.path, 'tmp')];
  try {
    await mkdir(place);
    await run('git', ['clone', '--quiet', ROOT, clone]);
    await symlink(join(ROOT, 'node_modules'), join(clone, 'node_modules'));
    const child = startChild(process.execPath, ['scripts/release.mjs', '9.9.9'], {
      cwd: clone,
      env: { ...process.env, TMPDIR: place },
    });
    const left = async (): Promise<readonly string[]> =>
      (await readdir(place)).filter((name) => name.startsWith('scangate-release-'));
    await until(async () => (await left()).length > 0, { what: 'its folder' });
    child.signal('SIGTERM');
    expect((await child.exited).code).toBe(143);
    expect(child.output().stderr).toContain('release: stopped by SIGTERM: nothing is left');
    expect(await left()).toEqual([]);
  } finally {
    await folder.remove();
  }
});

test('the workflow runs .ci/run, may read alone, keeps no credentials, and names each action by a version', async () => {
  const { permissions, jobs } = parse(
    await readFile(join(ROOT, '.github/workflows/ci.yml'), 'utf8'),
  ) as Workflow;
  expect(permissions).toEqual({ contents: 'read' });
  const all = Object.values(jobs);
  expect(all.filter((job) => 'permissions' in job)).toEqual([]);
  const steps = all.flatMap((job) => job.steps);
  expect(steps.filter(({ run }) => run === '.ci/run')).toHaveLength(1);
  const used = steps.filter((step) => step.uses !== undefined);
  expect(used.filter(({ uses }) => !/^[\w-]+\/[\w-]+@(v\d+|[0-9a-f]{40})$/.test(uses!))).toEqual([]);
  const checkouts = used.filter(({ uses }) => uses!.startsWith('actions/checkout@'));
  expect(checkouts.map((step) => step.with?.['persist-credentials'])).toEqual([false]);
});

interface Workflow {
  readonly permissions: unknown;
  readonly jobs: Readonly<
    Record<
      string,
      {
        readonly steps: readonly {
          readonly run?: string;
          readonly uses?: string;
          readonly with?: Readonly<Record<string, unknown>>;
        }[];
      }
    >
  >;
}

whole(
  'in a clone: a dry run leaves nothing, --write a commit, a tag and files that fit together, and nothing is pushed',
  async () => {
    const folder = await temporaryFolder();
    const clone = join(folder.path, 'clone');
    const made = join(clone, 'release');
    const git = async (...args: string[]): Promise<string> =>
      (await run('git', args, { cwd: clone })).stdout.trim();
    const release = async (...args: string[]): Promise<string> =>
      (await run(process.execPath, ['scripts/release.mjs', '9.9.9', ...args], { cwd: clone })).stdout;
    try {
      // An origin of its own, which nobody else moves meanwhile.
      const source = join(folder.path, 'origin');
      await run('git', ['clone', '--quiet', '--bare', ROOT, source]);
      await run('git', ['clone', '--quiet', source, clone]);
      await symlink(join(ROOT, 'node_modules'), join(clone, 'node_modules'));
      await git('config', 'user.name', 'Somebody');
      await git('config', 'user.email', 'somebody@example.com');
      const before = await git('rev-parse', 'HEAD');
      const origin = await git('ls-remote', 'origin');

      const dry = await release();
      expect(dry).toContain('a dry run');
      expect(dry).toContain('package.json has no "repository"');
      expect([await git('rev-parse', 'HEAD'), await git('tag', '--list', 'v9.9.9')]).toEqual([before, '']);

      expect(await release('--write')).toContain('nothing was pushed');
      expect(await git('log', '--format=%s', `${before}..v9.9.9`)).toBe('release: 9.9.9');
      expect(await git('status', '--porcelain', '--untracked-files=no')).toBe('');
      expect(await git('ls-remote', 'origin')).toBe(origin);
      const numbered = await git('grep', '-l', '-F', '9.9.9');
      expect(numbered.split('\n')).toEqual(
        expect.arrayContaining([
          'CHANGELOG.md',
          'README.md',
          'openapi.yaml',
          'package-lock.json',
          'package.json',
        ]),
      );

      await run('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: made });
      const { stdout } = await run('tar', ['xzOf', 'scangate-9.9.9.tgz', 'package/package.json'], {
        cwd: made,
      });
      expect(JSON.parse(stdout)).toMatchObject({ name: 'scangate', version: '9.9.9' });
      const read = async (name: string): Promise<string> => readFile(join(made, name), 'utf8');
      expect(JSON.parse(await read('scangate-9.9.9.cdx.json'))).toMatchObject({
        bomFormat: 'CycloneDX',
        metadata: { component: { name: 'scangate', version: '9.9.9' } },
      });
      const sums = (await read('SHA256SUMS')).trim().split('\n');
      const statement = JSON.parse(await read('scangate-9.9.9.intoto.json')) as Statement;
      const subjects = statement.subject.map(({ name, digest }) => `${digest.sha256}  ${name}`);
      expect(subjects).toEqual(sums.filter((line) => !line.endsWith('.intoto.json')));
      expect(subjects).toHaveLength(3);
      expect(statement.predicate.buildDefinition.resolvedDependencies[0]?.digest).toEqual({
        gitCommit: await git('rev-parse', 'v9.9.9^{commit}'),
      });

      await expect(release()).rejects.toThrow('there is a tag v9.9.9 already');
    } finally {
      await folder.remove();
    }
  },
  600_000,
);

interface Statement {
  readonly subject: readonly { readonly name: string; readonly digest: { readonly sha256: string } }[];
  readonly predicate: {
    readonly buildDefinition: {
      readonly resolvedDependencies: readonly { readonly digest: Readonly<Record<string, string>> }[];
    };
  };
}
