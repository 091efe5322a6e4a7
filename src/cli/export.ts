import { once } from 'node:events';
import { open, rename, rm } from 'node:fs/promises';
import { openSource, secretsPlace } from '../compose/store/copies.ts';
import { toolConfig } from './tool-config.ts';
import type { CopyTrailer } from './copy/copy-file.ts';
import { textOf } from './copy/copy-file.ts';
import { countsText, progressOn } from './copy/progress.ts';
import { STATUS } from './terminal.ts';
import type { Status, Terminal } from './terminal.ts';

/** Takes a part of a text, and is ready for the next once that is kept. */
type Write = (part: string) => Promise<void>;

/** Copies the store of the environment into a file (`-`: to standard output). @throws StoreRefused, and what the disk says */
export async function exportStore(path: string, release: string, terminal: Terminal): Promise<Status> {
  const config = toolConfig();
  const quiet: Terminal = { say: () => undefined, tell: () => undefined, remark: () => undefined };
  const { say, tell } = path === '-' ? quiet : terminal;
  const source = await openSource(config);
  try {
    const onCount = progressOn({ say }, 'copied');
    const text = textOf(source, { release, now: Date.now, onCount });
    const trailer = await (path === '-' ? written(text, toOutput) : intoFile(path, text));
    const secrets = secretsPlace(config);
    say(`${countsText(trailer)}; sha256 ${trailer.sha256}\n`);
    say(`The secrets are not in it: whoever takes it over needs those of ${secrets}.\n`);
    tell({ ...trailer, file: path, secrets });
    return STATUS.done;
  } finally {
    await source.close();
  }
}

async function written(text: AsyncGenerator<string, CopyTrailer, void>, write: Write): Promise<CopyTrailer> {
  for (let next = await text.next(); ; next = await text.next()) {
    if (next.done === true) return next.value;
    await write(next.value);
  }
}

async function toOutput(part: string): Promise<void> {
  if (!process.stdout.write(part)) await once(process.stdout, 'drain');
}

/** A file that has its name only once it is whole, and is its owner's alone: it says who signed in from where. */
async function intoFile(path: string, text: AsyncGenerator<string, CopyTrailer, void>): Promise<CopyTrailer> {
  const unfinished = `${path}.part`;
  const file = await open(unfinished, 'w', 0o600);
  try {
    const trailer = await written(text, async (part) => {
      await file.writeFile(part);
    });
    await file.sync();
    await rename(unfinished, path);
    return trailer;
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}
