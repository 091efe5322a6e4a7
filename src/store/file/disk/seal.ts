import { crc32 } from 'node:zlib';
import { StoreUnavailable } from '../../event-store.ts';

const SEAL_BYTES = 4;

/** A value with a CRC-32 of its key and itself in front. LMDB has no checksums, and damage must be noticed, not told. */
export function sealed(key: Buffer, value: Buffer): Buffer {
  const record = Buffer.allocUnsafe(SEAL_BYTES + value.length);
  record.writeUInt32LE(crc32(value, crc32(key)), 0);
  value.copy(record, SEAL_BYTES);
  return record;
}

/** Whether a record is as it was sealed under this key. */
export function isSound(key: Buffer, record: Buffer): boolean {
  return (
    record.length >= SEAL_BYTES && record.readUInt32LE(0) === crc32(record.subarray(SEAL_BYTES), crc32(key))
  );
}

/** The value in a record. @throws {@link StoreUnavailable} where its checksum is wrong. */
export function unsealed(key: Buffer, record: Buffer): Buffer {
  if (!isSound(key, record)) throw new StoreUnavailable('a record of the store is damaged');
  return record.subarray(SEAL_BYTES);
}
