import { describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { cpSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../support/folder.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What the writers and readers of state are made of, and nothing else, so that the compiler is soon done. */
const SOURCES = [
  ...['src/ticket', 'src/session'].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => `${folder}/${name}`),
  ),
  ...['fold', 'codec', 'event-trace', 'minted-row', 'event-store', 'subject'].map(
    (name) => `src/store/${name}.ts`,
  ),
  'src/phone/known-claims.ts',
  'src/phone/person-name.ts',
  'src/phone/phone-identity.ts',
  'src/phone/user-claims.ts',
  'test/store/every-event.ts',
];

interface Addition {
  readonly file: string;
  readonly behind: string;
  readonly adds: string;
}

/** What the compiler says of a copy of those sources in which something was added: by file, each as one text. */
async function complaints(addition?: Addition): Promise<Readonly<Record<string, string>>> {
  const folder = await temporaryFolder();
  try {
    makeCopy(folder.path);
    if (addition !== undefined) add(folder.path, addition);
    return await compile(folder.path);
  } finally {
    await folder.remove();
  }
}

function makeCopy(copy: string): void {
  for (const source of SOURCES) cpSync(join(root, source), join(copy, source));
  const { compilerOptions } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')) as {
    compilerOptions: object;
  };
  write(join(copy, 'tsconfig.json'), {
    compilerOptions: { ...compilerOptions, lib: ['es2023', 'dom'], types: [] },
  });
  write(join(copy, 'package.json'), { type: 'module' });
}

function write(path: string, json: object): void {
  writeFileSync(path, JSON.stringify(json));
}

function add(copy: string, { file, behind, adds }: Addition): void {
  const path = join(copy, file);
  const parts = readFileSync(path, 'utf8').split(behind);
  expect(parts).toHaveLength(2);
  writeFileSync(path, parts.join(`${behind} ${adds}`));
}

function compile(folder: string): Promise<Record<string, string>> {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const args = [tsc, '--noEmit', '--pretty', 'false'];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: folder, timeout: 100_000 }, (error, stdout) => {
      const said: Record<string, string> = {};
      for (const line of stdout.split(/^(?=\S)/m)) {
        const file = /^(\S+)\(\d+,\d+\): error /.exec(line)?.[1];
        if (file !== undefined) said[file] = (said[file] ?? '') + line;
      }
      if ((error === null) === (Object.keys(said).length === 0)) resolve(said);
      else reject(new Error(stdout, { cause: error }));
    });
  });
}

const TESTS = 'test/store/every-event.ts';

test('the sources compile as they stand', async () => {
  expect(await complaints()).toEqual({});
});

describe('what is added and forgotten does not compile:', () => {
  test.each([
    {
      what: 'a member of a ticket',
      file: 'src/ticket/ticket.ts',
      behind: 'readonly denied?: DeniedData;',
      adds: 'readonly reported?: { readonly id: Cursor };',
      named: ['src/store/fold.ts', TESTS],
    },
    {
      what: 'what a scan leaves in a ticket',
      file: 'src/ticket/ticket.ts',
      behind: "readonly scanned?: Pick<ScannedData, 'user' | 'same_device' | 'risk'> & {",
      adds: 'readonly reported?: true;',
      named: ['src/ticket/evolve.ts'],
    },
    {
      what: 'what a ticket is minted with',
      file: 'src/ticket/events.ts',
      behind: 'readonly state?: string;',
      adds: 'readonly reported?: string;',
      named: ['src/store/minted-row.ts', TESTS],
    },
    {
      what: 'a member of a device',
      file: 'src/ticket/events.ts',
      behind: 'readonly place?: string;',
      adds: 'readonly reported?: string;',
      named: ['src/store/minted-row.ts', TESTS],
    },
    {
      what: 'one of the lives',
      file: 'src/ticket/events.ts',
      behind: 'readonly code_ms: number;',
      adds: 'readonly reported?: number;',
      named: ['src/store/minted-row.ts', TESTS],
    },
    {
      what: 'a member of a user',
      file: 'src/ticket/events.ts',
      behind: 'readonly picture?: string;',
      adds: 'readonly reported?: string;',
      named: ['src/phone/user-claims.ts', TESTS],
    },
    {
      what: 'a member of a session',
      file: 'src/session/session.ts',
      behind: 'readonly before?: Cursor;',
      adds: 'readonly reported?: true;',
      named: [TESTS],
    },
    {
      what: 'an event of a ticket',
      file: 'src/ticket/events.ts',
      behind: 'readonly cancelled: Readonly<Record<string, never>>;',
      adds: 'readonly reported: { readonly why: string };',
      named: ['src/store/codec.ts', 'src/ticket/evolve.ts', 'src/ticket/life.ts', TESTS],
    },
    {
      what: 'an event of a session',
      file: 'src/session/events.ts',
      behind: 'readonly revoked: RevokedData;',
      adds: 'readonly reported: RevokedData;',
      named: ['src/session/session.ts', 'src/session/life.ts', 'src/store/codec.ts', TESTS],
    },
  ])('$what', async ({ named, ...addition }) => {
    const said = await complaints(addition);
    expect(Object.keys(said).toSorted()).toEqual(named.toSorted());
    for (const file of named) expect(said[file]).toMatch(/reported|not all code paths|lacks ending return/i);
  });
});
