import { BadSetting } from './bad-setting.ts';

/** Which store is used: one process' own folder, or a Redis that nodes share. */
export type StoreKind = 'file' | 'redis';

/** The kind of store that `SCANGATE_STORE` names. @throws {@link BadSetting} */
export function storeKindOf(store: string): StoreKind {
  if (/^file:./.test(store)) return 'file';
  if (/^rediss?(\+sentinel|\+cluster)?:\/\/./.test(store)) return 'redis';
  throw new BadSetting(
    'SCANGATE_STORE',
    'must be file:<folder>, redis://, rediss://, redis+sentinel:// or redis+cluster://',
  );
}
