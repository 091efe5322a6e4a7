import { spawn } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { built } from '../support/built.ts';
import { call, expectStatus } from '../support/call.ts';
import { freePort } from '../support/child.ts';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';
import { signIn } from '../support/journey.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import type { Tokens } from '../support/signin.ts';

/** The ten tasks of docs/run.md, word by word, in one shell; nothing of what they say is replaced but port and Redis. Gateways drain in less time. */
const PAGE = new URL('../../docs/run.md', import.meta.url);

let folder: TemporaryFolder;
let redis: Redis;
let shell: Shell;

interface Shell {
  /** Runs some lines; throws with what was printed where one fails. */
  run(lines: string): Promise<string>;
  end(): void;
}

beforeAll(async () => {
  folder = await temporaryFolder();
  redis = await startRedis();
  const bin = join(folder.path, 'node_modules', '.bin');
  await mkdir(bin, { recursive: true });
  const command = `#!/bin/sh\nexec '${process.execPath}' '${built('cli/scangate.js')}' "$@"\n`;
  await writeFile(join(bin, 'scangate'), command);
  await chmod(join(bin, 'scangate'), 0o755);
  shell = startShell(folder.path);
});

afterAll(async () => {
  shell?.end();
  await redis?.stop();
  await folder?.remove();
});

/** A shell in a process group of its own, so that nothing it started stays. */
function startShell(cwd: string): Shell {
  const outer = Object.entries(process.env).filter(([name]) => !/^(SCANGATE_|HOST$|PORT$|NODE_)/.test(name));
  const child = spawn('bash', ['-u'], { cwd, env: Object.fromEntries(outer), detached: true });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (printed += text));
  let count = 0;
  return {
    async run(lines) {
      const mark = `done-${++count}`;
      printed = '';
      child.stdin.write(`set -e\n${lines}\nset +e\necho ${mark}\n`);
      const end = performance.now() + 60_000;
      while (!printed.includes(`${mark}\n`)) {
        if (child.exitCode !== null || performance.now() > end)
          throw new Error(`the shell stopped at:\n${lines}\n${printed}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return printed;
    },
    end: () => {
      try {
        process.kill(-Number(child.pid), 'SIGKILL');
      } catch {
        // it has ended, as it should
      }
    },
  };
}

/** The blocks of each section of the tasks, by the number in its title; 0 is what stands before the first. */
async function tasks(): Promise<ReadonlyMap<number, readonly string[]>> {
  const text = await readFile(PAGE, 'utf8');
  const [, chapter = ''] = text.split(/^## Ten tasks$/m);
  const [before = '', ...sections] = chapter.split(/^### /m);
  const blocksOf = (section: string): readonly string[] =>
    [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
  return new Map([
    [0, blocksOf(before)],
    ...sections.map((section) => [Number.parseInt(section, 10), blocksOf(section)] as const),
  ]);
}

test('the ten tasks do what they say', async () => {
  const blocks = await tasks();
  expect([...blocks.keys()]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const run = async (task: number): Promise<string> => {
    const all = blocks.get(task) ?? [];
    expect(all.length).toBeGreaterThan(0);
    let said = '';
    for (const block of all) {
      said += await shell.run(block);
      if (task === 8) tokens = expectStatus(await refresh(), 200);
    }
    return said;
  };
  const refresh = () =>
    call<Tokens>(`${url}/oauth/token`, {
      form: { grant_type: 'refresh_token', refresh_token: tokens.refresh_token, client_id: 'demo' },
    });
  const kids = async (): Promise<readonly string[]> => {
    const { keys } = expectStatus(
      await call<{ readonly keys: readonly { readonly kid: string }[] }>(`${url}/oauth/jwks`),
      200,
    );
    return keys.map(({ kid }) => kid);
  };

  await run(0);
  await shell.run(
    `export PORT=${port} REDIS=${redis.url} SCANGATE_DRAIN_WAIT=PT0S SCANGATE_DRAIN_WINDOW=PT0.2S`,
  );
  expect(await run(1)).toContain('A gateway would start.');
  let { tokens } = await signIn(url, { name: 'ada', mint: { scope: 'openid offline_access' } });
  const atFirst = tokens;
  await run(2);
  expect(await run(3)).toMatch(/^process_resident_memory_bytes \d+/m);
  expect(await run(4)).toContain('The secrets are not in it');
  await run(5);
  tokens = expectStatus(await refresh(), 200);
  await run(6);
  await run(7);
  tokens = expectStatus(await refresh(), 200);
  const before = await kids();
  await run(8);
  expect((await kids()).filter((kid) => before.includes(kid))).toEqual([]);

  await redis.ask('FLUSHALL');
  await run(9);
  tokens = atFirst;
  tokens = expectStatus(await refresh(), 200);
  expect(await kids()).toEqual(before);
  const [put = '', last = ''] = blocks.get(10)?.[0]?.split(/^(?=kill)/m) ?? [];
  await shell.run(put);
  expect((await refresh()).status).toBe(400);
  expect((await kids()).filter((kid) => before.includes(kid))).toEqual([]);
  await signIn(url, { name: 'ada' });
  await shell.run(last);
}, 120_000);
