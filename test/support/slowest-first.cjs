const { relative, sep } = require('node:path');
const { default: Sequencer } = require('@jest/test-sequencer');

/**
 * Seconds that a file took on two cores beside three others, for the slow ones: where jest has not measured yet, as in a
 * fresh clone, a slow file must not be the last to start.
 */
const SECONDS = {
  'test/browser/shop.test.ts': 64,
  'test/store/redis-failover.test.ts': 59,
  'test/store/redis-outage.test.ts': 49,
  'test/browser/networks.test.ts': 45,
  'test/browser/sign-in.test.ts': 42,
  'test/deploy/proxies.test.ts': 41,
  'test/delivery/under-a-path.test.ts': 39,
  'test/simulator/simulate.test.ts': 34,
  'test/store/redis-cluster.test.ts': 34,
  'test/oauth/at-a-gateway.test.ts': 31,
  'test/scripts/dev.test.ts': 30,
  'test/browser/looks.test.ts': 29,
  'test/journey/run-page.test.ts': 29,
  'test/browser/operators-nodes.test.ts': 28,
  'test/deploy/monitoring.test.ts': 26,
  'test/store/file-crash.test.ts': 25,
  'test/fault/outage-lines.test.ts': 24,
  'test/journey/revoke-stopped.test.ts': 24,
  'test/http/transports/sse.test.ts': 23,
  'test/journey/forget.test.ts': 23,
  'test/attack/half-dead-connections.test.ts': 21,
  'test/journey/two-releases.test.ts': 21,
  'test/journey/audit.test.ts': 20,
  'test/journey/package.test.ts': 20,
  'test/fault/superseded.test.ts': 18,
  'test/webhooks/shared-webhooks.test.ts': 18,
  'test/browser/operators.test.ts': 17,
  'test/delivery/conformance.test.ts': 17,
  'test/http/transports/held-line.test.ts': 17,
  'test/store/quorum/sentinels.test.ts': 17,
  'test/cli/commands.test.ts': 16,
  'test/delivery/killed-node.test.ts': 16,
  'test/journey/sign-in.test.ts': 16,
  'test/oauth/fresh-sign-in.test.ts': 16,
  'test/keepers/postgres-archive.test.ts': 15,
  'test/browser/plain-http.test.ts': 14,
  'test/scripts/audit.test.ts': 14,
  'test/simulator/schedules.test.ts': 14,
  'test/store/copy.test.ts': 14,
  'test/store/failover/restore-run.test.ts': 14,
  'test/web/phone.test.ts': 14,
  'test/delivery/cut-anywhere.test.ts': 13,
  'test/delivery/cut-at-once.test.ts': 13,
  'test/delivery/drain.test.ts': 13,
  'test/delivery/drained-connections.test.ts': 13,
  'test/delivery/switch.test.ts': 13,
  'test/journey/move.test.ts': 13,
  'test/journey/revoke.test.ts': 13,
  'test/store/redis-fence.test.ts': 13,
  'test/compose/refused-start.test.ts': 12,
  'test/delivery/interleaving.test.ts': 12,
  'test/http/docs.browser.test.ts': 12,
  'test/journey/traced.test.ts': 12,
  'test/journey/two-gateways.test.ts': 12,
  'test/oauth/express-openid-connect.test.ts': 12,
  'test/store/file.test.ts': 12,
  'test/store/redis-cut-off.test.ts': 12,
  'test/cli/check.test.ts': 11,
  'test/journey/rebuild.test.ts': 11,
  'test/phone/wechat-credential.test.ts': 11,
  'test/store/redis-store.test.ts': 11,
  'test/support.test/topology.test.ts': 11,
  'test/telemetry/debug-log.test.ts': 11,
  'test/webhooks/gateway-webhooks.test.ts': 11,
  'test/attack/malformed-requests.test.ts': 10,
  'test/attack/unfinished-handshakes.test.ts': 10,
  'test/delivery/stalled-readers.test.ts': 10,
  'test/http/bad-input.test.ts': 10,
  'test/journey/file-store-crash.test.ts': 10,
  'test/oauth/openid-client.test.ts': 10,
  'test/oauth/self-registration.test.ts': 10,
  'test/oauth/sessions.test.ts': 10,
  'test/scripts/half-dead.test.ts': 10,
};

/** Runs the files that take longest first, by what jest measured or by the seconds above. */
module.exports = class SlowestFirst extends Sequencer {
  time(test) {
    const path = relative(test.context.config.rootDir, test.path).replaceAll(sep, '/');
    return super.time(test) ?? (SECONDS[path] ?? 1) * 1000;
  }
};
module.exports.SECONDS = SECONDS;
