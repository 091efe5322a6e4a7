import { z } from 'zod';
import type { PhoneApp } from '../../config/phone-app.ts';
import { route } from '../request/route.ts';
import type { Route } from '../request/route.ts';

const common = { method: 'get' } as const;
const headers = { 'Cache-Control': 'public, max-age=3600' };
/** What the app is opened for: the addresses that QR codes hold, and where a user code is typed. */
const PATHS = ['/s/*', '/device', '/device/'] as const;

/** `GET /.well-known/apple-app-site-association`: iOS opens the app for the addresses of scans. */
export function appleAssociationRoute({ ids }: PhoneApp['ios'], basePath: string): Route {
  return route({
    ...common,
    path: '/.well-known/apple-app-site-association',
    operation: {
      id: 'appleAppSiteAssociation',
      summary: 'Which apps open scans on iOS',
      tags: ['phone'],
      answers: { 200: { description: 'Universal links.', schema: z.object({ applinks: z.unknown() }) } },
      refusals: ['not_found'],
    },
    handle: () => {
      const paths = PATHS.map((path) => basePath + path);
      const components = paths.map((path) => ({ '/': path }));
      // Systems before iOS 13 read `apps`, `appID` and `paths`.
      const old = ids.map((appID) => ({ appID, paths }));
      return {
        status: 200,
        headers,
        body: { applinks: { apps: [], details: [{ appIDs: ids, components }, ...old] } },
      };
    },
  });
}

/** `GET /.well-known/assetlinks.json`: Android opens the app for the addresses of this host that it registers. */
export function assetLinksRoute({ packages }: PhoneApp['android']): Route {
  return route({
    ...common,
    path: '/.well-known/assetlinks.json',
    operation: {
      id: 'assetLinks',
      summary: 'Which apps open scans on Android',
      tags: ['phone'],
      answers: { 200: { description: 'Digital asset links.', schema: z.array(z.unknown()) } },
      refusals: ['not_found'],
    },
    handle: () => ({
      status: 200,
      headers,
      body: packages.map(({ name, fingerprints }) => ({
        relation: ['delegate_permission/common.handle_all_urls'],
        target: { namespace: 'android_app', package_name: name, sha256_cert_fingerprints: fingerprints },
      })),
    }),
  });
}
