import { counted } from '../counted.ts';
import type { Terminal } from '../terminal.ts';
import type { CopyCounts, OnCount } from './copy-file.ts';

/** Says once a second how far it is. */
export function progressOn({ say }: Pick<Terminal, 'say'>, what: string): OnCount {
  let toldAt = performance.now();
  return (counts) => {
    if (performance.now() - toldAt < 1000) return;
    toldAt = performance.now();
    say(`… ${what}: ${countsText(counts)}\n`);
  };
}

export function countsText({ heads, events, ledger }: CopyCounts): string {
  return `${counted(heads, 'head')}, ${counted(events, 'event')}, ${counted(ledger, 'entry', 'entries')} of the ledger`;
}
