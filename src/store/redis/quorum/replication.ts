/** What a master says of its replicas (`ROLE`). */
export interface Replication {
  /** How far its history goes, in bytes (`master_repl_offset`). */
  readonly offset: number;
  /** How far each replica that is attached and online has acknowledged it, by `<host>:<port>`. */
  readonly acknowledged: ReadonlyMap<string, number>;
}

/** Reads the answer to `ROLE`. @throws Error where the server is no master. */
export function readReplication(answer: unknown): Replication {
  const [role, offset, replicas] = answer as [string, number, readonly (readonly [string, string, string])[]];
  if (role !== 'master') throw new Error(`the server is a ${role}`);
  return {
    offset,
    acknowledged: new Map(replicas.map(([host, port, reached]) => [`${host}:${port}`, Number(reached)])),
  };
}
