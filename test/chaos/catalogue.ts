import type { AnyScenario } from './scenario.ts';
import { clusterScenarios } from './scenarios/cluster.ts';
import { clockScenarios } from './scenarios/clocks.ts';
import { cutOffScenarios } from './scenarios/cut-off.ts';
import { crowdScenarios } from './scenarios/crowds.ts';
import { diskScenarios } from './scenarios/disk.ts';
import { gatewayScenarios } from './scenarios/gateways.ts';
import { historyScenarios } from './scenarios/histories.ts';
import { masterScenarios } from './scenarios/master.ts';
import { moveScenarios } from './scenarios/moves.ts';
import { notPromisedScenarios } from './scenarios/not-promised.ts';
import { recordScenarios } from './scenarios/record.ts';
import { replicationScenarios } from './scenarios/replication.ts';
import { singleRedisScenarios } from './scenarios/single-redis.ts';
import { tlsScenarios } from './scenarios/tls.ts';
import { twoFaultScenarios } from './scenarios/two-faults.ts';
import { unreplicatedScenarios } from './scenarios/unreplicated.ts';

/** Every scenario, in the order of the table. */
export const SCENARIOS: readonly AnyScenario[] = [
  ...masterScenarios,
  ...replicationScenarios,
  ...unreplicatedScenarios,
  ...singleRedisScenarios,
  ...clusterScenarios,
  ...gatewayScenarios,
  ...historyScenarios,
  ...cutOffScenarios,
  ...clockScenarios,
  ...diskScenarios,
  ...moveScenarios,
  ...crowdScenarios,
  ...twoFaultScenarios,
  ...tlsScenarios,
  ...recordScenarios,
  ...notPromisedScenarios,
];
