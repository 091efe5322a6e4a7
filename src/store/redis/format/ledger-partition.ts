/** The partition of a name of the ledger: FNV-1a over the name's UTF-16 code units, modulo the number of partitions. */
export function partitionOfName(name: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % partitions;
}
