import { readFile, readdir, readlink } from 'node:fs/promises';

/** The ports at the other end of what a process has open (Linux): whatever it destroyed is not among them. */
export async function peerPorts(pid: number): Promise<ReadonlySet<number>> {
  const folder = `/proc/${pid}/fd`;
  const links = await Promise.all(
    (await readdir(folder)).map((name) => readlink(`${folder}/${name}`).catch(() => '')),
  );
  const held = new Set(links.map((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? ''));
  const rows = (await readFile('/proc/net/tcp', 'utf8'))
    .split('\n')
    .map((row) => row.trim().split(/\s+/))
    .filter(({ length }) => length > 9);
  return new Set(
    rows.filter((row) => held.has(row[9] ?? '')).map((row) => Number.parseInt(row[2]!.split(':')[1]!, 16)),
  );
}
