import { boxOf } from '../secrets/box.ts';
import { KeyRing } from '../secrets/key-ring.ts';
import { sealOf } from '../secrets/seal.ts';
import { signingKeys } from '../secrets/signing-keys.ts';
import { ticketNames } from '../secrets/ticket-names.ts';
import { TicketSecrets } from '../secrets/ticket-secrets.ts';

/** Everything that derives from the configured secrets: one of each a process. */
export type Secrets = ReturnType<typeof makeSecrets>;

/** @param secrets the first makes, all check. */
export function makeSecrets(secrets: readonly string[]) {
  const ring = new KeyRing(secrets);
  return {
    ring,
    tickets: new TicketSecrets(ring),
    ticketNames: ticketNames(ring),
    keys: signingKeys(ring),
    pageSeal: sealOf(ring, 'phone page'),
    awaySeal: sealOf(ring, 'phone sign-in'),
    wechatBox: boxOf(ring, 'wechat credential'),
  };
}
