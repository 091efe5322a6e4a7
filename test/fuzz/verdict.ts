import { checkResponse } from '../http/openapi-check.ts';
import type { Exchanged, Sending } from './exchange.ts';

/** Stands in every secret that a request makes up, so that an answer or a line of the log that repeats one is found. */
export const MARK = 'S3cretMark';

/** What is wrong with an answer: a status or a shape that `openapi.yaml` does not have, a 5xx, a secret in a refusal. */
export function mistakeOf(
  sent: Sending,
  answer: Exchanged,
  secrets: readonly string[] = [],
): string | undefined {
  if (answer === undefined) return undefined;
  const { violation } = checkResponse(answer);
  if (violation !== undefined) return described(sent, violation);
  if (answer.status >= 500) return described(sent, `${answer.status} ${answer.text}`);
  if (answer.status < 400) return undefined;
  const all = answer.text + JSON.stringify(answer.headers);
  const echoed = [MARK, ...secrets].find((secret) => all.includes(secret));
  return echoed === undefined ? undefined : described(sent, `${answer.status} repeats a secret: ${all}`);
}

const LINE_MAX = 900;

/** A mistake, and what it was an answer to. */
export function described({ method, path, headers, body }: Sending, what: string): string {
  const request = { headers, body: Buffer.isBuffer(body) ? body.toString('base64') : body };
  const line = `${what.slice(0, LINE_MAX)}\n    by ${method} ${path.slice(0, LINE_MAX)} ${JSON.stringify(request)}`;
  return line.slice(0, 3 * LINE_MAX);
}
