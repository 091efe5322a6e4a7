import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { temporaryFolder } from '../support/folder.ts';

/** Another site that signs its users in with the gateway. */
export interface Shop {
  /** Its origin, which is not the gateway's. */
  readonly url: string;
  /** The file that registers it, `till`, its app, which has no website, and what it was opened with: for `SCANGATE_CLIENTS_FILE`. */
  readonly clientsFile: string;
  readonly clientId: 'shop';
  /** Where it sends people back to. */
  readonly redirectUri: string;
  /** What its page says; the policy lets it load scripts and ask for things of the gateway alone, with pictures of its own. */
  serve(gatewayUrl: string, body: string, headers?: Readonly<Record<string, string>>): void;
  /** Takes its page away again. */
  empty(): void;
  stop(): Promise<void>;
}

/** A violet bar. */
const LOGO = drawLogo();

function drawLogo(): Buffer {
  const png = new PNG({ width: 120, height: 40 });
  for (let at = 0; at < png.data.length; at += 4) png.data.set([122, 31, 162, 255], at);
  return PNG.sync.write(png);
}

/** Body, policy and other headers of a site that has no page yet. */
const EMPTY: readonly [string, string, Readonly<Record<string, string>>] = ['', "default-src 'none'", {}];

/** Opens a shop on a free port. @param others what else is registered, each like the shop itself but for these members. */
export async function openShop(...others: readonly object[]): Promise<Shop> {
  let [html, policy, more] = EMPTY;
  const server = createServer((req, res) => {
    if (req.url === '/logo.png') return void res.end(LOGO);
    const type = { 'Content-Type': 'text/html; charset=utf-8' };
    res.writeHead(200, { ...type, 'Content-Security-Policy': policy, ...more });
    res.end(html);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const redirectUri = `${url}/back`;
  const folder = await temporaryFolder();
  const clientsFile = join(folder.path, 'clients.json');
  const client = {
    client_id: 'shop',
    client_name: 'The Shop',
    redirect_uris: [redirectUri],
    token_endpoint_auth_method: 'none',
    scope: 'openid',
    logo_uri: `${url}/logo.png`,
    scangate: { number_match: true, embedders: [url], colors: { light: '#7a1fa2', dark: '#e0b0ff' } },
  };
  const till = {
    client_id: 'till',
    client_name: 'The Till',
    redirect_uris: ['com.example.till:/back'],
    token_endpoint_auth_method: 'none',
    scope: 'openid',
  };
  await writeFile(
    clientsFile,
    JSON.stringify([client, till, ...others.map((other) => ({ ...client, ...other }))]),
  );
  return {
    url,
    clientsFile,
    clientId: 'shop',
    redirectUri,
    serve(gatewayUrl, body, headers = {}) {
      more = headers;
      const socketUrl = gatewayUrl.replace(/^http/, 'ws');
      policy =
        `default-src 'none'; script-src ${gatewayUrl} 'nonce-shop'; connect-src ${gatewayUrl} ${socketUrl}; ` +
        `img-src 'self'; style-src ${gatewayUrl}`;
      html = `<!doctype html><html lang="en"><title>The Shop</title><link rel="icon" href="/icon"><h1>The Shop</h1>${body}`;
    },
    empty: () => void ([html, policy, more] = EMPTY),
    async stop() {
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
      await folder.remove();
    },
  };
}
