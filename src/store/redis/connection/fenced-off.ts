import type { Link } from './link.ts';

/** A partition's fence did not let a call through: it was not carried out, and may be once the fence is known, or open. */
export class FencedOff extends Error {
  override readonly name = 'FencedOff';
}

/** The tokens of one partition's fence: as the call named it, as this node knows it now, and as the server has it. */
export interface FenceTokens {
  readonly sent: string;
  readonly known: string;
  /** Null, or empty, where there is no fence. */
  readonly found: string | null;
}

/**
 * What to throw where a fence let no call through. Unless it only heals, or was met anew since the call went out, the
 * server is looked at once more before anything else is sent to it.
 */
export function fencedOff(link: Link, { sent, known, found }: FenceTokens): FencedOff {
  if (known === sent && found !== sent) link.recheck();
  return new FencedOff('the partition has another fence, or events are being put back');
}
