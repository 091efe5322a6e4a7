/**
 * better-auth with its device authorization plugin, sessions in Redis (its secondary storage), the rest in its memory
 * adapter. Its pages are left out: `POST /approve` calls what they call, as a user who is signed in.
 */
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { toNodeHandler } from 'better-auth/node';
import { deviceAuthorization } from 'better-auth/plugins';
import { Redis } from 'ioredis';
import { servePeer } from './left-out-pages.mjs';

const [port, url] = process.argv.slice(2);
const redis = new Redis(url, { enableAutoPipelining: true, keyPrefix: 'better:' });
const tables = { user: [], session: [], account: [], verification: [], deviceCode: [] };
const base = `http://localhost:${port}`;
const auth = betterAuth({
  baseURL: base,
  secret: 'b'.repeat(43),
  database: memoryAdapter(tables),
  rateLimit: { enabled: false },
  emailAndPassword: { enabled: true },
  telemetry: { enabled: false },
  logger: { level: 'error' },
  secondaryStorage: {
    get: (key) => redis.get(key),
    set: (key, value, ttl) => (ttl ? redis.set(key, value, 'EX', ttl) : redis.set(key, value)),
    delete: (key) => redis.del(key),
  },
  plugins: [deviceAuthorization({ expiresIn: '10m', interval: '1s', verificationUri: '/device' })],
});

const signedUp = await auth.api.signUpEmail({
  body: { email: 'bench@example.com', password: 'bench-password', name: 'bench' },
  returnHeaders: true,
});
const cookie = signedUp.headers
  .getSetCookie()
  .map((line) => line.split(';')[0])
  .join('; ');
const headers = new Headers({ cookie, origin: base });

servePeer(port, toNodeHandler(auth), approve);

async function approve(userCode) {
  await auth.api.deviceVerify({ query: { user_code: userCode }, headers });
  await auth.api.deviceApprove({ body: { userCode }, headers });
  // The memory adapter looks through all rows for each: keep it as small as a database's index makes it.
  if (tables.deviceCode.length > 200) tables.deviceCode.splice(0, 100);
  if (tables.session.length > 200) tables.session.splice(1, 100);
}
