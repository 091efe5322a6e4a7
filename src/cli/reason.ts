import { BadSetting } from '../config/bad-setting.ts';
import { NoCopy } from '../store/copy-line.ts';
import { RevocationStopped } from '../oauth/revocation/revocation.ts';
import { ArchiveUnavailable } from '../record/archive.ts';
import { ForgettingStopped } from '../record/keeping/forgetting.ts';
import { StoreUnavailable } from '../store/event-store.ts';
import { StoreRefused } from '../store/refused.ts';
import { NotPlayed } from './demo/not-played.ts';

/** Why a command, or a start, came to nothing. What the operator can mend is one line that names the setting; anything else is ours, and keeps its stack. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof BadSetting || error instanceof NoCopy || error instanceof NotPlayed)
    return error.message;
  if (error instanceof RevocationStopped || error instanceof ForgettingStopped) return error.message;
  if (error instanceof ArchiveUnavailable) return `SCANGATE_ARCHIVE: ${error.message}`;
  if (error instanceof StoreRefused || error instanceof StoreUnavailable)
    return `SCANGATE_STORE: ${error.message}`;
  if ('syscall' in error) {
    const { syscall, code, message } = error as NodeJS.ErrnoException;
    if (syscall === 'getaddrinfo' || code === 'EADDRNOTAVAIL') return `HOST: ${message}`;
    return syscall === 'listen' ? `PORT: ${message}` : message;
  }
  return error.stack ?? error.message;
}
