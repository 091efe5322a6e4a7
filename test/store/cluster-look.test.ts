import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { built } from '../support/built.ts';

const run = promisify(execFile);

/** A Cluster whose one master is another at the second look, to which no connection can be made at first. */
const LOOKS = `
const { ClusterShards } = await import(process.argv[1] + '/store/redis/connection/cluster.js');
const { systemTime } = await import(process.argv[1] + '/time/system-time.js');
let [port, fails, writers, failures] = [1, false, 0, 0];
const pipeline = { cluster() {}, exec: async () => [[null, 0], [null, 0]] };
const redis = {
  on() {}, once: (_event, listener) => listener(), disconnect() {}, options: {}, pipeline: () => pipeline,
  cluster: async () => [[0, 16383, ['127.0.0.1', port]]],
};
const connect = (_address, role) => {
  if (role === 'writer' && fails) { failures += 1; throw new Error('not a connection'); }
  if (role === 'writer') writers += 1;
  return redis;
};
const address = { kind: 'cluster', endpoints: [{ host: '127.0.0.1', port: 1 }] };
const shards = new ClusterShards({ address, connect, time: systemTime }, 1);
await shards.start({}, () => {});
[port, fails] = [2, true];
while (failures === 0) await new Promise((resolve) => setTimeout(resolve, 20));
await new Promise((resolve) => setTimeout(resolve, 50));
fails = false;
while (writers < 2) await new Promise((resolve) => setTimeout(resolve, 20));
shards.close();
process.stdout.write('went on');
`;

test('a look at a Cluster that fails ends no process, and is made again', async () => {
  const args = ['--input-type=module', '-e', LOOKS, dirname(built('main.js'))];
  const { stdout } = await run(process.execPath, args, { timeout: 20_000 });
  expect(stdout).toBe('went on');
});
