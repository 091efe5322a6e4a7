import { BadSetting } from './bad-setting.ts';
import { hostNameOf, isLoopback, isPrivate } from './host-name.ts';
import type { StoreKind } from './store-kind.ts';
import type { Values } from './values.ts';

/** Every source of phone identities there is, as `SCANGATE_PHONE_IDENTITY` names it. */
const PHONE_IDENTITIES = ['demo', 'jwt', 'oidc', 'wechat'] as const;

export type PhoneIdentityName = (typeof PHONE_IDENTITIES)[number];

/** The phone identities that are on, in their order. @throws {@link BadSetting} */
export function identitiesOf(
  values: Values,
  storeKind: StoreKind,
  publicUrl: URL,
): readonly PhoneIdentityName[] {
  const named = values.SCANGATE_PHONE_IDENTITY ?? (storeKind === 'file' ? ['demo'] : []);
  const known = named.filter((name) => isKnown(name));
  const stranger = named.find((name) => !isKnown(name));
  if (stranger !== undefined) throw new BadSetting('SCANGATE_PHONE_IDENTITY', `knows no "${stranger}"`);
  if (new Set(named).size !== named.length)
    throw new BadSetting('SCANGATE_PHONE_IDENTITY', 'names one twice');
  if (named.length === 0) {
    throw new BadSetting(
      'SCANGATE_PHONE_IDENTITY',
      'has no default with a shared store: name demo, jwt, oidc or wechat',
    );
  }
  if (named.includes('demo')) {
    if (named.length > 1) throw new BadSetting('SCANGATE_PHONE_IDENTITY', 'demo goes alone');
    assertNear(values, publicUrl);
  }
  if (values.SCANGATE_SUB_BARE !== undefined && !named.includes(values.SCANGATE_SUB_BARE)) {
    throw new BadSetting('SCANGATE_SUB_BARE', 'must be one of SCANGATE_PHONE_IDENTITY');
  }
  return known;
}

// Where it listens to more than near addresses, each peer is looked at as well.
function assertNear(values: Values, publicUrl: URL): void {
  if (!isLoopback(publicUrl.hostname) && !isPrivate(publicUrl.hostname)) {
    throw new BadSetting(
      'SCANGATE_PHONE_IDENTITY',
      'demo lets anyone be anyone: it starts only where SCANGATE_PUBLIC_URL is a loopback or private address',
    );
  }
  const isNamed = values.SCANGATE_PHONE_IDENTITY !== undefined;
  if (!isNamed && !isLoopback(hostNameOf(values.HOST))) {
    throw new BadSetting(
      'HOST',
      `${values.HOST} is open to others, and the phone identity demo lets anyone be anyone: ` +
        'name it in SCANGATE_PHONE_IDENTITY if that is wanted, or another',
    );
  }
}

function isKnown(name: string): name is PhoneIdentityName {
  return PHONE_IDENTITIES.some((known) => known === name);
}
