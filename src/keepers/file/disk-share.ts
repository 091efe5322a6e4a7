import type { DiskRoom } from '../../store/file/disk/environment.ts';

const MEBIBYTE = 1024 ** 2;

/** How much of a disk is for sign-ins, and for nothing beside them: 64 MiB, or a twentieth of it, up to 1 GiB. */
export function freeMinOf({ sizeBytes }: DiskRoom): number {
  return Math.min(1024 * MEBIBYTE, Math.max(64 * MEBIBYTE, sizeBytes / 20));
}
