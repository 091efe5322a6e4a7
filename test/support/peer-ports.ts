import { readFile, readdir, readlink } from 'node:fs/promises';

/** The ports at the other end of what a process has open (Linux): whatever it destroyed is not among them. */
export async function peerPorts(pid: number): Promise<ReadonlySet<number>> {
  return new Set([...(await peers(pid))].map((peer) => Number(peer.split(':')[1])));
}

/** The same with their addresses, as `127.0.0.1:4711`: several addresses may have one port. */
export async function peers(pid: number): Promise<ReadonlySet<string>> {
  const folder = `/proc/${pid}/fd`;
  const links = await Promise.all(
    (await readdir(folder)).map((name) => readlink(`${folder}/${name}`).catch(() => '')),
  );
  const held = new Set(links.map((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? ''));
  const rows = (await readFile('/proc/net/tcp', 'utf8'))
    .split('\n')
    .map((row) => row.trim().split(/\s+/))
    .filter(({ length }) => length > 9);
  return new Set(rows.filter((row) => held.has(row[9] ?? '')).map((row) => endOf(row[2]!)));
}

/** `0100007F:1267`: the address in the order of the processor's bytes. */
function endOf(text: string): string {
  const [address = '', port = ''] = text.split(':');
  return `${[...Buffer.from(address, 'hex')].toReversed().join('.')}:${Number.parseInt(port, 16)}`;
}
