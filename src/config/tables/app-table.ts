import { setting } from '../setting.ts';
import type { Setting } from '../setting.ts';

/** The settings of the app on the phone: how a scan with the camera leads into it. */
export const APP_SETTINGS = {
  SCANGATE_APP_NAME: setting('text', undefined, 'what the app is called on the approval page'),
  SCANGATE_APP_IOS_IDS: setting(
    'list',
    undefined,
    'its App IDs, `<team>.<bundle>`: served as `/.well-known/apple-app-site-association`',
  ),
  SCANGATE_APP_IOS_LINK: setting(
    'text',
    undefined,
    'what opens it on iOS, `{url}` standing for the scanned address: `exampleapp://scan?url={url}`',
  ),
  SCANGATE_APP_IOS_STORE: setting('text', undefined, 'its page in the App Store'),
  SCANGATE_APP_ANDROID_CERTIFICATES: setting(
    'list',
    undefined,
    '`<package>=<SHA-256 of the signing certificate>`, each in hex with colons: served as `/.well-known/assetlinks.json`',
  ),
  SCANGATE_APP_ANDROID_LINK: setting(
    'text',
    undefined,
    'what opens it on Android; by default an `intent:` for the first package',
  ),
  SCANGATE_APP_ANDROID_STORE: setting('text', undefined, 'its page in a store for Android'),
} as const satisfies Record<string, Setting>;
