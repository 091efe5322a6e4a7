/** Reads and parses the whole log of the Redis at the address it is given, and prints how many events in how many seconds. */
import { Redis } from 'ioredis';
import { partitionKeys } from '../dist/store/keys.js';
import { parseEntry } from '../dist/store/redis/format/log-entry.js';

const PARTITIONS = 16;
const AT_ONCE = 1000;

const redis = new Redis(process.argv[2]);
await redis.ping();
const begun = performance.now();
let events = 0;
for (let partition = 0; partition < PARTITIONS; partition += 1) {
  for (let from = '-'; ;) {
    const page = await redis.xrange(partitionKeys(partition).log, from, '+', 'COUNT', AT_ONCE);
    for (const [, fields] of page) {
      JSON.parse(parseEntry(fields[1]).event.data);
      events += 1;
    }
    if (page.length < AT_ONCE) break;
    from = `(${page.at(-1)[0]}`;
  }
}
console.log(`${events} events, in ${((performance.now() - begun) / 1000).toFixed(2)} s`);
redis.disconnect();
