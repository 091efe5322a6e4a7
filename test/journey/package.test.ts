import { execFile } from 'node:child_process';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { built } from '../support/built.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startGateway } from '../support/gateway.ts';
import { signIn } from '../support/journey.ts';

const run = promisify(execFile);
const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));

interface Locked {
  readonly packages: Readonly<Record<string, { readonly dev?: true } & Readonly<Record<string, unknown>>>>;
}

interface Packed {
  readonly filename: string;
  readonly integrity: string;
  readonly files: readonly { readonly path: string }[];
}

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let packed: Packed;
let own: string;

/** An empty folder with nothing but the tarball in it, and what that depends on as this checkout's lock has it. */
beforeAll(async () => {
  built('main.js');
  folder = await temporaryFolder();
  const packing = await run('npm', ['pack', '--json', '--pack-destination', folder.path], { cwd: CHECKOUT });
  [packed] = JSON.parse(packing.stdout) as [Packed];
  own = join(folder.path, 'own');
  await mkdir(own);
  const manifest = { name: 'own', private: true, dependencies: { scangate: `file:../${packed.filename}` } };
  await writeFile(join(own, 'package.json'), JSON.stringify(manifest));
  await writeFile(join(own, 'package-lock.json'), JSON.stringify(await lockFor(manifest)));
  const quiet = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'];
  await run('npm', ['ci', ...quiet], { cwd: own });
}, 120_000);

afterAll(() => folder?.remove());

async function lockFor(manifest: object): Promise<object> {
  const { packages } = JSON.parse(await readFile(join(CHECKOUT, 'package-lock.json'), 'utf8')) as Locked;
  const { '': root = {}, ...others } = packages;
  const needed = Object.entries(others).filter(([, { dev }]) => dev !== true);
  const scangate = {
    version: root['version'],
    resolved: `file:../${packed.filename}`,
    integrity: packed.integrity,
    dependencies: root['dependencies'],
    bin: root['bin'],
  };
  return {
    name: 'own',
    lockfileVersion: 3,
    requires: true,
    packages: { '': manifest, 'node_modules/scangate': scangate, ...Object.fromEntries(needed) },
  };
}

test('holds what runs, and nothing that builds or tests it', () => {
  const paths = packed.files.map(({ path }) => path);
  const others = paths.filter(
    (path) => !/^(bin|dist|docs)\/|^[A-Z]+(\.md)?$|^package\.json$|^\.env\.example$/.test(path),
  );
  expect(others).toEqual([]);
  expect(paths).toEqual(
    expect.arrayContaining([
      'bin/scangate.mjs',
      'dist/cli/scangate.js',
      'dist/main.js',
      'dist/openapi.yaml',
      'dist/migrations/0001-event-store.lua',
      'dist/web/client.mjs',
      'dist/web/client/client.d.ts',
      'dist/web/phone.mjs',
      'README.md',
      'LICENSE',
    ]),
  );
  expect(paths.filter((path) => /test|\.ts$/.test(path) && !path.endsWith('.d.ts'))).toEqual([]);
});

test('npx scangate says its release', async () => {
  const { stdout } = await run('npx', ['--no-install', 'scangate', '--version'], { cwd: own });
  const { version } = JSON.parse(await readFile(join(CHECKOUT, 'package.json'), 'utf8')) as {
    version: string;
  };
  expect(stdout).toBe(`${version}\n`);
});

test('packed before it was built, it says so', async () => {
  const unbuilt = join(folder.path, 'unbuilt', 'bin');
  await mkdir(unbuilt, { recursive: true });
  await copyFile(join(own, 'node_modules', 'scangate', 'bin', 'scangate.mjs'), join(unbuilt, 'scangate.mjs'));
  const failed = run(process.execPath, [join(unbuilt, 'scangate.mjs'), 'serve']);
  await expect(failed).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^scangate: .*not built.*npm run build && npm pack`\n$/),
  });
});

test('scangate serve, installed in an empty folder, signs people in', async () => {
  const command = join(own, 'node_modules', 'scangate', 'bin', 'scangate.mjs');
  const gateway = await startGateway({ main: command, args: ['serve'], cwd: own });
  try {
    const { tokens } = await signIn(gateway.url, { name: 'ada', mint: { scope: 'openid' } });
    const [, payload = ''] = tokens.id_token?.split('.') ?? [];
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({ sub: 'ada' });
  } finally {
    expect(await gateway.stop()).toEqual({ code: 0, signal: null });
  }
});

test('client and phone are modules with types', async () => {
  const source = `import { startSignIn } from 'scangate/client';\nimport { scangatePhone } from 'scangate/phone';\nexport const both = [startSignIn, scangatePhone];\n`;
  await writeFile(join(own, 'own.mts'), source);
  await writeFile(
    join(own, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: { module: 'nodenext', strict: true, noEmit: true, lib: ['es2022', 'dom'], types: [] },
      files: ['own.mts'],
    }),
  );
  const tsc = join(CHECKOUT, 'node_modules', 'typescript', 'bin', 'tsc');
  await run(process.execPath, [tsc, '-p', own]);
  const names = `import * as client from 'scangate/client';\nimport * as phone from 'scangate/phone';\nconsole.log(typeof client.startSignIn, typeof phone.scangatePhone);\n`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', names], { cwd: own });
  expect(stdout).toBe('function function\n');
});
