import { readFile, readdir } from 'node:fs/promises';

/** What a process holds (Linux). */
export interface Holding {
  /** Memory of its own, in bytes: without files that are mapped, the store's among them. */
  readonly memory: number;
  readonly descriptors: number;
}

export async function holdingOf(pid: number): Promise<Holding> {
  const [status, descriptors] = await Promise.all([
    readFile(`/proc/${pid}/status`, 'utf8'),
    readdir(`/proc/${pid}/fd`),
  ]);
  return {
    memory: Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024,
    descriptors: descriptors.length,
  };
}
