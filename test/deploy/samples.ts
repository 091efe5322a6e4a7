import { expect } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** A file of `deploy/` with each of these texts replaced, as its reader is told to; each must stand in it. */
export async function sample(path: string, replaced: Readonly<Record<string, string>> = {}): Promise<string> {
  let text = await readFile(fileURLToPath(new URL(`../../deploy/${path}`, import.meta.url)), 'utf8');
  for (const [from, to] of Object.entries(replaced)) {
    expect(text).toContain(from);
    text = text.replaceAll(from, to);
  }
  return text;
}
