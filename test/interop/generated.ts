import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { untilPrinted } from '../support/child.ts';
import type { Play } from './row.ts';
import type { Stage } from './stage.ts';

const LIMIT_MS = 60_000;
const STRICT = ['--noEmit', '--strict', '--skipLibCheck', '--target', 'es2022', '--module', 'esnext'].concat([
  '--moduleResolution',
  'bundler',
  '--types',
  'node',
]);

/** A generator of client code, and a program on top of what it makes, which plays browser, phone and application. */
export interface Generated {
  /** Makes `api` from this document; the command's words below the row's `node_modules/.bin`. */
  readonly command: (stage: Stage, document: string) => readonly string[];
  /** What the command reads besides, a file of `apps`. */
  readonly settings?: string;
  /** The program, a file of `apps`. */
  readonly program: string;
}

/** What is played with a generator. */
export function playGenerated(stage: Stage, { command, settings, program }: Generated): Play {
  const { place, gateway } = stage;
  const run = async (words: readonly string[]): Promise<void> => {
    const [name = '', ...args] = words;
    const options = {
      cwd: place.folder,
      timeout: LIMIT_MS,
      env: { ...process.env, GATEWAY: gateway.url, CI: '1' },
    };
    try {
      await promisify(execFile)(join(place.folder, 'node_modules/.bin', name), args, options);
    } catch (error) {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
      throw new Error(`${name}: ${`${stderr}${stdout}`.trim().slice(0, 600)}`, { cause: error });
    }
  };
  return {
    async 'takes openapi.yaml'() {
      mkdirSync(join(place.folder, 'api'), { recursive: true });
      const document = join(place.folder, 'openapi.yaml');
      writeFileSync(document, await (await fetch(`${gateway.url}/openapi.yaml`)).text());
      if (settings !== undefined) stage.copy(settings);
      await run(command(stage, document));
    },
    'its code compiles': () => run(['tsc', ...STRICT, stage.copy(program)]),
    async 'signs in'() {
      const bundle = join(place.folder, 'program.mjs');
      const options = [
        '--bundle',
        '--platform=node',
        '--format=esm',
        `--outfile=${bundle}`,
        '--log-level=error',
      ];
      await run(['esbuild', stage.copy(program), ...options]);
      const child = await stage.run(process.execPath, [bundle]);
      try {
        await untilPrinted(child, /"sub":"ada"/, LIMIT_MS);
      } finally {
        await child.stop(1000);
      }
    },
  };
}
