import type { Config } from '../config/config.ts';
import { heldLimits } from '../config/rooms/http.ts';
import { canarySettings } from '../config/rooms/watch.ts';
import { Held } from '../http/transports/held.ts';
import { makeLog } from '../telemetry/log.ts';
import type { Log } from '../telemetry/log.ts';
import { systemTime } from '../time/system-time.ts';
import { Canary } from '../watch/canary.ts';
import { openFeed } from '../watch/feed.ts';
import { Hub } from '../watch/hub.ts';
import { Assembly } from './assembly.ts';
import { openClients } from './clients.ts';
import { openEdge } from './edge.ts';
import { LastCalls } from './store/last-calls.ts';
import { lifecycle } from './lifecycle.ts';
import { openLiveConfig } from './operate/live-config.ts';
import type { Gateway } from './lifecycle.ts';
import { makeOAuth } from './oauth.ts';
import { openOperators } from './operate/operators.ts';
import { makePhones } from './phones.ts';
import { openPlaces } from './operate/places.ts';
import { openPresence } from './operate/presence.ts';
import { openRegisteredClients } from './registered-clients.ts';
import { makeId, makeNonce } from './randomness.ts';
import { NodeState } from './node-state.ts';
import { endsOfRemoved, makeRevoker } from './operate/revoker.ts';
import { makeSecrets } from './secrets.ts';
import { openRecord } from './record/record.ts';
import { storeWatch } from './store/store-incidents.ts';
import { openStores } from './store/stores.ts';
import { openTelling } from './telling.ts';
import { openExpiry } from './commands/expiry.ts';
import { openCommands } from './commands/told-commands.ts';
import { makeTransports } from './transports.ts';
import { openWebhooks } from './webhooks/webhooks.ts';

/**
 * Puts a gateway together: the one place that knows every concrete part.
 *
 * @throws BadSetting, StoreRefused or StoreUnavailable, what an operator can mend; then everything is closed.
 */
export async function compose(config: Config): Promise<Gateway> {
  const log = makeLog(config.SCANGATE_LOG_LEVEL);
  const assembly = new Assembly(log, systemTime);
  log.debug({ settings: config.changed }, 'settings that are not their defaults');
  try {
    return await assemble(config, log, assembly);
  } catch (error) {
    await assembly.close();
    throw error;
  }
}

async function assemble(given: Config, log: Log, assembly: Assembly): Promise<Gateway> {
  const time = systemTime;
  const telling = await assembly.open('telling', () => openTelling(given, log));
  const { metrics } = telling;
  const live = await assembly.open('secret files', () => openLiveConfig(given, telling));
  const { config } = live;
  const lastCalls = new LastCalls();
  const listed = await assembly.open('clients', () => openClients(config, telling));
  const places = await assembly.open('places', () => openPlaces(config, log));
  const stores = await assembly.open('stores', () =>
    openStores(config, storeWatch({ ...telling, lastCalls })),
  );
  const { store, ledger } = stores;
  const secrets = assembly.make('secrets', () => makeSecrets(stores.secrets));
  live.onSecrets((next) => secrets.ring.replace(next));
  let onRemoved: (clientId: string) => void = () => undefined;
  const registered = await assembly.open('registered clients', () =>
    openRegisteredClients(config, { clients: listed, ledger, secrets, onRemoved: (id) => onRemoved(id) }),
  );
  const { clients, registration } = registered;
  const record = await assembly.open('record', () =>
    openRecord(config, { telling, stores, ring: secrets.ring }),
  );
  const { makeNonce: makeMarked, kept } = record;
  const clientLabel = (id: string): string => (listed.find(id) === undefined ? 'other' : id);
  const parts = { clients, clientLabel, ledger, makeNonce: makeMarked, secrets, store, telling };
  const commands = await openCommands(config, assembly, parts);
  const revoker = assembly.make('revoker', () => makeRevoker(config, { ...stores, ...commands }));
  onRemoved = endsOfRemoved(revoker, telling);
  const phones = assembly.make('phones', () => makePhones(config, telling, secrets));
  const oauth = assembly.make('oauth', () =>
    makeOAuth(config, { clients, listed, registration, commands, ledger, phones, secrets, telling }),
  );

  const hub = new Hub();
  const held = new Held(heldLimits(config), time);
  const shared = makeTransports(config, { hub, held, clients, telling });
  const flights = { store, hub, makeId, makeNonce, time };
  const canary = await assembly.open('canary', () => new Canary({ ...flights, ...canarySettings(config) }));
  const state = new NodeState(config, canary, store, lastCalls);
  const edgeParts = { clients, commands, kept, ledger, log, oauth, phones, places, state, telling };
  const edge = await assembly.open('edge', () => openEdge(config, { ...edgeParts, secrets, shared }));
  const here = await assembly.open('presence', () => openPresence(config, { ledger, state, telling }));
  const operators = await assembly.open('operators', () =>
    openOperators(config, { ...edgeParts, edge, here, revoker, secrets, store }),
  );
  const feed = await assembly.open('feed', () =>
    openFeed(store, hub, time, {
      tracing: telling.tracing,
      woke: (subjects) => metrics.feedWakeups.inc(Math.max(1, subjects)),
      broke: (error) => log.error({ err: error }, 'the feed ended and is taken up again'),
    }),
  );
  await assembly.open('sweeper', () => openExpiry(config, { commands, metrics, store }));
  const webhooks = await assembly.open('webhooks', () =>
    openWebhooks(config, { telling, record: record.read, stores }),
  );

  async function warmUp(): Promise<void> {
    // The first RSA key takes a quarter of a second to derive.
    void secrets.keys.jwks();
    await feed.ready;
    await canary.start();
  }
  const reread = (): void => [live, listed, places, edge, webhooks].forEach((one) => one.look());
  return lifecycle(config, { assembly, edge, held, operators, state, warmUp, reread, log, metrics, time });
}
