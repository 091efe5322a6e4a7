/** `npm run demo`: the built `scangate demo`, in this very process; where it takes a Redis server, one is found or fetched. */
import { ToolMissing, findTool } from './find-tools.mjs';

const takesRedis = process.argv.slice(2).some((given) => /^--(nodes|break)\b/.test(given));
try {
  if (takesRedis) process.env.REDIS_SERVER_BIN = await findTool('redis-server');
  process.argv.splice(2, 0, 'demo');
  await import(new URL('../dist/cli/scangate.js', import.meta.url).href);
} catch (error) {
  if (!(error instanceof ToolMissing)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
