import { BadSetting } from '../config/bad-setting.ts';
import type { Config } from '../config/config.ts';
import { isUnfillable } from '../oauth/claims/scope-claims.ts';
import { BadClients } from '../oauth/clients/client-file.ts';
import { openClientRegistry } from '../oauth/clients/client-registry.ts';
import type { FollowingRegistry } from '../oauth/clients/client-registry.ts';
import { demoClient } from '../oauth/clients/demo-client.ts';
import { systemTime } from '../time/system-time.ts';
import { filledClaims, someoneKnowsAuthTime } from './filled-claims.ts';
import type { Telling } from './telling.ts';

/** How often their file is looked at, in milliseconds. */
const LOOK_MS = 2000;

/** The clients of a configuration. @throws BadSetting where their file cannot be used. */
export function openClients(
  config: Config,
  { log, report }: Pick<Telling, 'log' | 'report'>,
): FollowingRegistry {
  const filled = filledClaims(config);
  try {
    return openClientRegistry({
      file: config.SCANGATE_CLIENTS_FILE,
      builtIn: config.phoneIdentities.includes('demo') ? [demoClient(config.issuer)] : [],
      isUnfillable: (scope) => isUnfillable(scope, filled),
      knowsAuthTime: someoneKnowsAuthTime(config),
      plainHttp: config.publicUrl.protocol === 'http:',
      lookMs: LOOK_MS,
      time: systemTime,
      onLoaded: (count) => {
        log.info({ clients: count }, 'clients read again');
        report({ kind: 'clients_changed', reason: 'read_again' });
      },
      onWeak: (id, reason) => report({ kind: 'weak_setting', reason, client_id: id }),
      onWarnings: (warnings) => log.warn({ warnings }, 'the clients may not be what was meant'),
      onMistakes: (mistakes) => log.error({ mistakes }, 'the clients stay as they were'),
    });
  } catch (error) {
    if (error instanceof BadClients) throw new BadSetting('SCANGATE_CLIENTS_FILE', error.message);
    throw error;
  }
}
