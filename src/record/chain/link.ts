import { hash } from 'node:crypto';

/** Where a chain stands: how many entries it has had, and the hash of the last. */
export interface ChainHead {
  readonly link: number;
  /** SHA-256 in base64url. */
  readonly hash: string;
}

/** A chain that has no entry yet. */
export const NO_LINK: ChainHead = { link: 0, hash: '' };

/** The hash of an entry's text behind another entry: SHA-256 of the hash before, a line feed, and the text, in base64url. */
export function linkHash(before: string, text: string): string {
  return hash('sha256', `${before}\n${text}`, 'base64url');
}

/** On a shared store, the chains of what stands in no partition begin here, one a node. */
export const NODE_CHAINS = 1024;
