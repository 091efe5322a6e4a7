import { UpstreamAway, UpstreamRefusal } from '../breaker.ts';
import type { Breaker } from '../breaker.ts';
import { PhoneSourceAway } from '../phone-identity.ts';
import type { CallOutward } from '../../outward/outward.ts';
import { readJson } from '../upstream-json.ts';

/** WeChat said no, which it does with HTTP 200 and a code of its own. */
export class WechatRefusal extends Error {
  override readonly name = 'WechatRefusal';
  readonly code: number;

  constructor(code: number) {
    super(`WeChat refused: ${code}`);
    this.code = code;
  }
}

/** An answer of WeChat's API that is no refusal. */
export type WechatAnswer = Readonly<Record<string, unknown>>;

/**
 * Refusals that another try, or another person, may not meet: a code that is bad, used, outdated or missing; a person whose
 * account is frozen, takes no part, or is under suspicion.
 */
export const OF_THE_PERSON: readonly number[] = [40029, 40163, 42003, 41008, 50001, 50002, 40226];

/** Refusals of a credential that is outdated: another one will do. */
export const OUTDATED: readonly number[] = [40001, 40014, 42001];

/** What is asked of WeChat's API. Neither address nor body ever stands in an error: WeChat puts secrets in both. */
export interface WechatCall {
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON by POST; absent: GET. */
  readonly json?: object;
  /** Whether a repetition does no harm. A code or a quota is used up by the first. */
  readonly repeatable: boolean;
}

/** What WeChat refused, in its own words, in which nothing stands that was sent: for the log. */
export interface RefusalNote {
  readonly path: string;
  readonly errcode: number;
  readonly errmsg: string;
}

/** Calls WeChat. @throws WechatRefusal; PhoneSourceAway where no answer came. */
export type CallWechat = (call: WechatCall) => Promise<WechatAnswer>;

/** "The system is busy: the developer should wait and try again." */
const BUSY = -1;

const ERRMSG_MAX = 300;
/** What was sent and is shorter is a word such as `zh_CN`, and no secret. */
const SECRET_MIN = 8;

/**
 * @param base the API's address, `https://api.weixin.qq.com` or a stand-in's.
 * @param note told of each refusal.
 */
export function wechatApi(
  call: CallOutward,
  base: string,
  breaker: Breaker,
  note: (refusal: RefusalNote) => void,
): CallWechat {
  return async ({ path, query = {}, json, repeatable }) => {
    const address = new URL(path, base);
    for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
    try {
      return await breaker.call(
        async (signal) => {
          const answer = await readJson(call, address.href, {
            signal,
            named: true,
            ...(json === undefined
              ? {}
              : {
                  method: 'POST',
                  headers: { 'content-type': 'application/json' },
                  body: JSON.stringify(json),
                }),
          });
          return checked(answer, { ...query, ...json });
        },
        repeatable ? undefined : 1,
      );
    } catch (error) {
      if (error instanceof Refused) {
        note({ path, errcode: error.code, errmsg: error.text });
        throw new WechatRefusal(error.code);
      }
      if (error instanceof UpstreamAway || error instanceof UpstreamRefusal)
        throw new PhoneSourceAway('WeChat is away');
      throw error;
    }
  };
}

/** How the message of an {@link UpstreamRefusal} begins that only whoever runs the gateway can mend. */
export const REFUSED_GATEWAY = 'WeChat refuses the gateway';

/** Ends the breaker's tries: WeChat did answer. Its text is WeChat's, in which nothing stands that was sent. */
class Refused extends UpstreamRefusal {
  readonly code: number;
  readonly text: string;

  constructor(code: number, text: string) {
    const isUsual = OF_THE_PERSON.includes(code) || OUTDATED.includes(code);
    super(isUsual ? `WeChat refused: ${code}` : `${REFUSED_GATEWAY}: ${code} ${text}`);
    this.code = code;
    this.text = text;
  }
}

/**
 * What a call comes to that must not fail for anything but the operator's fault: WeChat does not know the gateway's
 * address (40164), its secret (40125), its rights (48001), or what else it says.
 *
 * @throws PhoneSourceAway in the place of WechatRefusal.
 */
export async function refusedGateway<R>(work: Promise<R>): Promise<R> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof WechatRefusal) throw new PhoneSourceAway('WeChat refuses the gateway');
    throw error;
  }
}

function withoutSent(text: string, sent: object): string {
  let left = text;
  for (const value of Object.values(sent))
    if (typeof value === 'string' && value.length >= SECRET_MIN) left = left.replaceAll(value, '[sent]');
  return left.slice(0, ERRMSG_MAX);
}

function checked(answer: unknown, sent: object): WechatAnswer {
  if (typeof answer !== 'object' || answer === null) throw new Error('no object');
  const code = 'errcode' in answer ? Number(answer.errcode) : 0;
  if (code === BUSY) throw new Error('busy');
  const text = 'errmsg' in answer && typeof answer.errmsg === 'string' ? answer.errmsg : '';
  if (code !== 0) throw new Refused(code, withoutSent(text, sent));
  return answer as WechatAnswer;
}
