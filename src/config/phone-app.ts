import { BadSetting } from './bad-setting.ts';
import type { Values } from './values.ts';

/** The operator's own app, as far as a page or a phone's system must know it. */
export interface PhoneApp {
  readonly name: string | undefined;
  readonly ios: {
    readonly ids: readonly string[];
    readonly link: string | undefined;
    readonly store: string | undefined;
  };
  readonly android: {
    readonly packages: readonly AndroidPackage[];
    readonly link: string | undefined;
    readonly store: string | undefined;
  };
}

export interface AndroidPackage {
  readonly name: string;
  /** SHA-256 of its signing certificates, in upper-case hex with colons. */
  readonly fingerprints: readonly string[];
}

const IOS_ID = /^[A-Z0-9]{10}\.[A-Za-z0-9.-]{1,155}$/;
const CERTIFICATE = /^([A-Za-z]\w*(?:\.[A-Za-z]\w*)+)=((?:[0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2})$/;
/** Schemes that a page must not lead to: they run or show what stands in the link. */
const UNFIT = /^(javascript|data|vbscript|blob|file|about|filesystem|view-source):/i;

/** What the settings say of the app. @throws {@link BadSetting} */
export function phoneAppOf(values: Values): PhoneApp {
  const ids = values.SCANGATE_APP_IOS_IDS ?? [];
  const bad = ids.find((id) => !IOS_ID.test(id));
  if (bad !== undefined) throw new BadSetting('SCANGATE_APP_IOS_IDS', `"${bad}" is not <team>.<bundle>`);
  return {
    name: values.SCANGATE_APP_NAME,
    ios: {
      ids,
      link: link('SCANGATE_APP_IOS_LINK', values.SCANGATE_APP_IOS_LINK),
      store: store('SCANGATE_APP_IOS_STORE', values.SCANGATE_APP_IOS_STORE),
    },
    android: {
      packages: packages(values.SCANGATE_APP_ANDROID_CERTIFICATES ?? []),
      link: link('SCANGATE_APP_ANDROID_LINK', values.SCANGATE_APP_ANDROID_LINK),
      store: store('SCANGATE_APP_ANDROID_STORE', values.SCANGATE_APP_ANDROID_STORE),
    },
  };
}

function link(name: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (!text.includes('{url}')) throw new BadSetting(name, 'names no {url}');
  if (!/^[a-z][a-z0-9+.-]*:/i.test(text) || UNFIT.test(text))
    throw new BadSetting(name, 'is not an address that opens an app');
  return text;
}

function store(name: string, text: string | undefined): string | undefined {
  if (text !== undefined && (!/^(https|market|itms-apps):/.test(text) || !URL.canParse(text)))
    throw new BadSetting(name, 'is not the address of a store');
  return text;
}

function packages(certificates: readonly string[]): readonly AndroidPackage[] {
  const found = new Map<string, string[]>();
  for (const text of certificates) {
    const [, name, fingerprint] = CERTIFICATE.exec(text) ?? [];
    if (name === undefined || fingerprint === undefined)
      throw new BadSetting('SCANGATE_APP_ANDROID_CERTIFICATES', `"${text}" is not <package>=<SHA-256>`);
    found.set(name, [...(found.get(name) ?? []), fingerprint.toUpperCase()]);
  }
  return [...found].map(([name, fingerprints]) => ({ name, fingerprints }));
}
