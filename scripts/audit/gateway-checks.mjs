import { ask } from './ask.mjs';
import { Skipped } from './skipped.mjs';

/** @typedef {import('./audit.mjs').Target} Target */

const BODY_BYTES = 2_000_000;
const HEAD_BYTES = 40_000;
const FLOOD_MAX = 1000;

/** @param {Target} target */
export async function limits({ at, options }) {
  const says = [];
  const large = JSON.stringify({ client_id: 'x'.repeat(BODY_BYTES) });
  const body = await ask(at('/v1/tickets'), { body: large }).catch(() => undefined);
  if (body !== undefined && body.status !== 413) says.push(`a body of 2 MB is taken (${body.status})`);
  const head = await ask(at('/livez'), { headers: { 'x-large': 'x'.repeat(HEAD_BYTES) } }).catch(
    () => undefined,
  );
  if (head !== undefined && head.status < 400) says.push('a head of 40 KB is taken');
  if (options.flood === true && !(await isLimited(at)))
    says.push('1,000 token requests a minute are not limited');
  return says;
}

/** @param {Target['at']} at */
async function isLimited(at) {
  for (let count = 0; count < FLOOD_MAX; count += 20) {
    const form = { grant_type: 'authorization_code', code: 'audit', client_id: 'audit' };
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(at('/oauth/token'), { form })));
    if (answers.some(({ status }) => status === 429)) return true;
  }
  return false;
}

/** @param {Target} target */
export async function exposed({ at, url, isLoopback, options }) {
  const says = [];
  for (const path of ['/metrics', '/docs', '/openapi.yaml', '/v1/audit', '/debug', '/.env', '/.git/config'])
    if ((await ask(at(path))).status === 200) says.push(`${path} is open to everyone`);
  const ready = await ask(at('/readyz'));
  if (/canary|redis|store_/i.test(ready.text) && ready.status === 200)
    says.push('/readyz tells of its inside');
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  const admin = options.admin ?? (isLoopback ? undefined : `${url.hostname}:${port + 1000}`);
  if (admin !== undefined) {
    const answer = await ask(`http://${admin}/metrics`).catch(() => undefined);
    if (answer?.status === 200) says.push(`the operators' listener answers everyone at ${admin}`);
  }
  return says;
}

/** @param {Target} target */
export async function phones({ at }) {
  const pretend = { authorization: 'Bearer demo-audit' };
  const { status } = await ask(at('/v1/scans'), { json: { scan_code: 'audit' }, headers: pretend });
  if (status === 401 || status === 429) return [];
  // With demo phones it is a phone of anybody's, and the code is unknown.
  if (status !== 201 && status !== 404) throw new Skipped(`a scan is answered with ${status}`);
  return ['the phone identity demo lets anyone be anyone'];
}

/** @param {Target} target */
export async function discovery({ at, url, options, isLoopback }) {
  const { status, body } = await ask(at('/.well-known/openid-configuration'));
  if (status !== 200 || body === undefined) return [`no discovery (${status})`];
  const says = [];
  if (body.issuer !== options.url.replace(/\/$/, ''))
    says.push(`the issuer is ${body.issuer}, not this address`);
  for (const [name, value] of Object.entries(body))
    if (/_(endpoint|uri)$/.test(name) && !String(value).startsWith(`${url.protocol}//`) && !isLoopback)
      says.push(`${name} is of another scheme`);
  if (String(body.code_challenge_methods_supported) !== 'S256')
    says.push('PKCE is offered other than by S256');
  if (JSON.stringify(body).includes('"none"') && body.id_token_signing_alg_values_supported?.includes('none'))
    says.push('ID tokens without a signature are offered');
  if (!body.authorization_response_iss_parameter_supported)
    says.push('answers do not say who they are from (iss)');
  return says;
}
