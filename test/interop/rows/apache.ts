import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startChild } from '../../support/child.ts';
import { until } from '../../support/until.ts';
import type { Play, Row } from '../row.ts';
import { CLIENT_ID, CLIENT_SECRET } from '../stage.ts';
import type { Stage } from '../stage.ts';
import { playWebApp } from '../web-app.ts';

const MODULES = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'dir', 'mime', 'filter', 'include'];

const registers = (here: string) => ({
  redirect_uris: [`${here}/callback`],
  post_logout_redirect_uris: [`${here}/`],
  backchannel_logout_uri: `${here}/callback?logout=backchannel`,
  client_secret: CLIENT_SECRET,
  scangate: { pkce: 'optional' },
});

const packages = ['libapache2-mod-auth-openidc', 'apache2-bin', 'media-types'];

/** An error with `iss` is to the module a sign-in that began elsewhere (OpenID Connect Core §4), unless it comes by POST. */
const ISS = 'RFC 9207 §2';

export const modAuthOpenidc: Row = {
  name: 'mod_auth_openidc',
  kind: 'client',
  source: { from: 'Debian', packages },
  settings: '`pkce: "optional"`: it sends a nonce, and no PKCE by default',
  against: { denied: ISS, cancelled: ISS, expired: ISS },
  registers,
  async open(stage) {
    await startApache(stage, '');
    return play(stage, false);
  },
};

export const modAuthOpenidcByForm: Row = {
  name: 'mod_auth_openidc by form',
  kind: 'client',
  source: { from: 'Debian', packages },
  settings: 'the same, and `OIDCResponseMode form_post`',
  registers,
  async open(stage) {
    await startApache(stage, 'OIDCResponseMode form_post');
    return play(stage, true);
  },
};

function play(stage: Stage, byForm: boolean): Play {
  return playWebApp(stage, {
    // It begins a sign-in for what a browser navigates to, by `Sec-Fetch-Mode`.
    scripted: true,
    byForm,
    login: '/private/',
    user: '/private/',
    logout: `/callback?logout=${encodeURIComponent(`${stage.here}/`)}`,
    has: ['signs out', 'is signed out'],
  });
}

async function startApache(stage: Stage, more: string): Promise<void> {
  const { folder, here, place } = stage;
  mkdirSync(join(folder, 'www/private'), { recursive: true });
  writeFileSync(join(folder, 'www/index.html'), '{}');
  writeFileSync(join(folder, 'www/private/index.shtml'), '{"sub":"<!--#echo var="OIDC_CLAIM_sub" -->"}');
  const configuration = join(folder, 'apache2.conf');
  writeFileSync(configuration, configurationOf(stage, more));
  const args = ['-X', '-d', folder, '-f', configuration];
  const apache = startChild(place.file('usr/sbin/apache2'), args, { env: { ...process.env, ...place.env } });
  stage.defer(() => apache.stop(2000));
  await until(
    async () => {
      if (!apache.isRunning()) throw new Error(Object.values(apache.output()).join(''));
      return (await fetch(here)).ok;
    },
    { what: `Apache (${Object.values(apache.output()).join('')})` },
  );
}

/** The module's own quick start, with the modules that Debian loads by default. */
function configurationOf({ folder, here, port, place, gateway }: Stage, more: string): string {
  const modules = [...MODULES, 'auth_openidc'].map(
    (name) => `LoadModule ${name}_module ${place.file(`usr/lib/apache2/modules/mod_${name}.so`)}`,
  );
  return `${modules.join('\n')}
ServerName localhost
Listen 127.0.0.1:${port}
PidFile ${join(folder, 'apache2.pid')}
DefaultRuntimeDir ${folder}
ErrorLog ${join(folder, 'error.log')}
DocumentRoot ${join(folder, 'www')}
DirectoryIndex index.html index.shtml
TypesConfig /dev/null
AddType text/html .html .shtml
AddOutputFilter INCLUDES .shtml

OIDCProviderMetadataURL ${gateway.url}/.well-known/openid-configuration
OIDCClientID ${CLIENT_ID}
OIDCClientSecret ${CLIENT_SECRET}
OIDCRedirectURI ${here}/callback
OIDCCryptoPassphrase a-passphrase-of-this-test
${more}

<Directory ${join(folder, 'www')}>
  Options +Includes
  Require all granted
</Directory>
<Location /private>
  AuthType openid-connect
  Require valid-user
</Location>
<Location /callback>
  AuthType openid-connect
  Require valid-user
</Location>
`;
}
