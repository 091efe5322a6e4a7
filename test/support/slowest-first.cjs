const { relative, sep } = require('node:path');
const { default: Sequencer } = require('@jest/test-sequencer');

/**
 * Seconds that a file took on two cores beside three others, for the slow ones: where jest has not measured yet, as in a
 * fresh clone, a slow file must not be the last to start.
 */
const SECONDS = {
  'test/store/redis-cluster.test.ts': 66,
  'test/browser/networks.test.ts': 60,
  'test/store/redis-failover.test.ts': 60,
  'test/browser/looks.test.ts': 55,
  'test/simulator/simulate.test.ts': 50,
  'test/browser/sign-in.test.ts': 48,
  'test/store/redis-cut-off.test.ts': 43,
  'test/store/redis-outage.test.ts': 40,
  'test/delivery/real-proxies.test.ts': 33,
  'test/store/file.test.ts': 30,
  'test/scripts/dev.test.ts': 28,
  'test/store/file-crash.test.ts': 28,
  'test/browser/shop.test.ts': 60,
  'test/deploy/proxies.test.ts': 25,
  'test/delivery/interleaving.test.ts': 22,
  'test/delivery/conformance.test.ts': 20,
  'test/http/transports/sse.test.ts': 20,
  'test/browser/plain-http.test.ts': 18,
  'test/journey/audit.test.ts': 18,
  'test/journey/sign-in.test.ts': 17,
  'test/journey/revoke.test.ts': 17,
  'test/browser/operators.test.ts': 16,
  'test/operate/listener.test.ts': 16,
  'test/http/transports/web-socket.test.ts': 15,
  'test/scripts/audit.test.ts': 15,
  'test/webhooks/gateway-webhooks.test.ts': 14,
  'test/cli/commands.test.ts': 14,
  'test/web/phone.test.ts': 13,
  'test/support.test/topology.test.ts': 13,
  'test/journey/rebuild.test.ts': 13,
  'test/fault/outage-lines.test.ts': 12,
  'test/keepers/postgres-archive.test.ts': 11,
  'test/delivery/stalled-readers.test.ts': 10,
  'test/http/request-site.test.ts': 10,
  'test/journey/package.test.ts': 10,
  'test/fault/redis-away.test.ts': 9,
  'test/delivery/heartbeat.test.ts': 8,
};

/** Runs the files that take longest first, by what jest measured or by the seconds above. */
module.exports = class SlowestFirst extends Sequencer {
  time(test) {
    const path = relative(test.context.config.rootDir, test.path).replaceAll(sep, '/');
    return super.time(test) ?? (SECONDS[path] ?? 1) * 1000;
  }
};
module.exports.SECONDS = SECONDS;
