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

/** Checks the shape of `SCANGATE_ARCHIVE`. @throws {@link BadSetting} */
export function assertArchiveAddress(address: string | undefined): void {
  if (address === undefined || (/^postgres(ql)?:\/\/./.test(address) && URL.canParse(address))) return;
  throw new BadSetting('SCANGATE_ARCHIVE', 'must be postgres://user:password@host:port/database');
}
