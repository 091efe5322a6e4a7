import type { AnyScenario } from './scenario.ts';
import { clusterScenarios } from './scenarios/cluster.ts';
import { gatewayScenarios } from './scenarios/gateways.ts';
import { masterScenarios } from './scenarios/master.ts';
import { replicationScenarios } from './scenarios/replication.ts';
import { singleRedisScenarios } from './scenarios/single-redis.ts';

/** Every scenario, in the order of the table. */
export const SCENARIOS: readonly AnyScenario[] = [
  ...masterScenarios,
  ...replicationScenarios,
  ...singleRedisScenarios,
  ...clusterScenarios,
  ...gatewayScenarios,
];
