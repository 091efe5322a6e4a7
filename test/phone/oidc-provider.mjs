/** A real OpenID Connect provider for tests: anyone may sign in as anyone. Prints its address when it listens. */
import { Provider } from 'oidc-provider';

const [port, callback] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'gateway',
      client_secret: 'gateway-secret-gateway-secret',
      redirect_uris: [callback],
      grant_types: ['authorization_code'],
    },
  ],
  claims: { openid: ['sub'], profile: ['name', 'picture'] },
  findAccount: (_context, id) => ({
    accountId: id,
    claims: () => ({ sub: id, name: `Name of ${id}`, picture: 'https://pictures.example/1' }),
  }),
  cookies: { keys: ['test'] },
});
provider.listen(Number(port), '127.0.0.1', () => console.log(issuer));
