import type { Config } from '../../config/config.ts';
import { readTlsPair } from '../../config/tls-pair.ts';
import { clientAddresses } from '../../http/caller/client-address.ts';
import { makeLog } from '../../telemetry/log.ts';
import { makeMetrics } from '../../telemetry/metrics.ts';
import { openClients } from '../clients.ts';
import { openOutages } from '../telling.ts';
import { makePhones } from '../phones.ts';
import { openPlaces } from '../operate/places.ts';
import { makeId } from '../randomness.ts';
import { makeSecrets } from '../secrets.ts';
import { receiversOf } from '../webhooks/receivers.ts';

/**
 * Makes the parts of a gateway that refuse settings, and lets them go: it asks nobody, opens no store and does not listen.
 *
 * @throws BadSetting, as a start would.
 */
export function dryRun(config: Config): void {
  const log = makeLog('silent');
  const metrics = makeMetrics(false);
  const outages = openOutages(config, { log, metrics });
  const telling = { log, metrics, outages, report: () => undefined };
  const anyone = Buffer.from(makeId().padEnd(32, '-').slice(0, 32)).toString('base64url');
  openClients(config, telling).close();
  if (config.tlsFiles !== undefined) readTlsPair(config.tlsFiles);
  openPlaces(config, log).close();
  receiversOf(config);
  clientAddresses(config.SCANGATE_TRUSTED_PROXIES ?? [], () => undefined);
  makePhones(config, telling, makeSecrets(config.secrets ?? [anyone]));
}
