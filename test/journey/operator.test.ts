import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { startGateway } from '../support/gateway.ts';

test('SIGHUP ends nobody, and service links of Kubernetes are warned of in one line', async () => {
  const gateway = await startGateway({
    env: {
      SCANGATE_PORT: 'tcp://10.0.0.1:8080',
      SCANGATE_PORT_8080_TCP: 'tcp://10.0.0.1:8080',
      SCANGATE_PORT_8080_TCP_ADDR: '10.0.0.1',
      SCANGATE_PORT_8080_TCP_PORT: '8080',
      SCANGATE_PORT_8080_TCP_PROTO: 'tcp',
      SCANGATE_SERVICE_HOST: '10.0.0.1',
      SCANGATE_SERVICE_PORT: '8080',
      SCANGATE_REDIS_SERVICE_HOST: '10.0.0.2',
      SCANGATE_REDIS_SERVICE_PORT_REDIS: '6379',
      SCANGATE_REDIS_PORT: 'tcp://10.0.0.2:6379',
      SCANGATE_REDIS_PORT_6379_TCP_ADDR: '10.0.0.2',
      SCANGATE_TICKET_LIVE: 'PT1M',
    },
  });
  const { stderr } = gateway.output();
  expect(stderr.trim().split('\n')).toHaveLength(2);
  expect(stderr).toContain("11 variables, SCANGATE_PORT for one, are Kubernetes' service links");
  expect(stderr).toContain('there is no setting SCANGATE_TICKET_LIVE');
  gateway.signal('SIGHUP');
  await sleep(300);
  expect(gateway.isRunning()).toBe(true);
  expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
  await gateway.stop();
});
