import { BadSetting } from './bad-setting.ts';
import { isLoopback, isPrivate } from './host-name.ts';
import type { StoreKind } from './store-kind.ts';
import type { Values } from './values.ts';

const KNOWN = ['demo', 'jwt', 'oidc', 'wechat'];

/** The phone identities that are on, in their order. @throws {@link BadSetting} */
export function identitiesOf(values: Values, storeKind: StoreKind, publicUrl: URL): readonly string[] {
  const named = values.SCANGATE_PHONE_IDENTITY ?? (storeKind === 'file' ? ['demo'] : []);
  for (const name of named) {
    if (!KNOWN.includes(name)) throw new BadSetting('SCANGATE_PHONE_IDENTITY', `knows no "${name}"`);
  }
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
    if (!isLoopback(publicUrl.hostname) && !isPrivate(publicUrl.hostname)) {
      throw new BadSetting(
        'SCANGATE_PHONE_IDENTITY',
        'demo lets anyone be anyone: it starts only where SCANGATE_PUBLIC_URL is a loopback or private address',
      );
    }
  }
  if (values.SCANGATE_SUB_BARE !== undefined && !named.includes(values.SCANGATE_SUB_BARE)) {
    throw new BadSetting('SCANGATE_SUB_BARE', 'must be one of SCANGATE_PHONE_IDENTITY');
  }
  return named;
}
