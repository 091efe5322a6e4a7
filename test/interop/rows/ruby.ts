import { join } from 'node:path';
import type { Row } from '../row.ts';
import { CLIENT_SECRET } from '../stage.ts';
import type { Stage } from '../stage.ts';
import { playWebApp } from '../web-app.ts';

export const rubyOpenidConnect: Row = {
  name: 'ruby openid_connect',
  kind: 'client',
  source: { from: 'Debian', packages: ['ruby-openid-connect', 'ruby-webrick', 'ruby'] },
  settings: '`pkce: "optional"`: it sends a nonce, and no PKCE',
  registers: (here) => ({
    redirect_uris: [`${here}/callback`],
    client_secret: CLIENT_SECRET,
    scangate: { pkce: 'optional' },
  }),
  async open(stage) {
    await stage.start(stage.place.file('usr/bin/ruby'), 'openid-connect.rb', { env: environmentOf(stage) });
    return playWebApp(stage, { has: ['refreshes'] });
  },
};

/** Where the unpacked Ruby looks for itself and for the gems that came with it. */
function environmentOf({ place }: Stage): Readonly<Record<string, string>> {
  const root = join(place.folder, 'root');
  const machine = `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`;
  const libraries = ['usr/lib/ruby/vendor_ruby', 'usr/lib/ruby/3.1.0', `usr/lib/${machine}/ruby/3.1.0`];
  return {
    RUBYLIB: [...libraries, `usr/lib/${machine}/ruby/vendor_ruby/3.1.0`]
      .map((path) => join(root, path))
      .join(':'),
    GEM_PATH: [
      'usr/share/rubygems-integration/all',
      'usr/share/rubygems-integration/3.1.0',
      'usr/lib/ruby/gems/3.1.0',
    ]
      .map((path) => join(root, path))
      .join(':'),
  };
}
