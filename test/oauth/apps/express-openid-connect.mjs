/** A web application with express-openid-connect as its README begins: everything else is the package's default. */
import express from 'express';
import middleware from 'express-openid-connect';

const app = express();
app.use(
  middleware.auth({
    issuerBaseURL: process.env.GATEWAY,
    baseURL: process.env.BASE_URL,
    clientID: process.env.CLIENT_ID,
    secret: 'a long, randomly-generated string stored in env',
    ...JSON.parse(process.env.MORE ?? '{}'),
  }),
);
app.get('/', (req, res) => {
  res.json({ claims: req.oidc.idTokenClaims, idToken: req.oidc.idToken });
});
app.use((error, _req, res, _next) => {
  res.status(error.status ?? 500).json({ error: error.error ?? error.message });
});
app.listen(Number(process.env.PORT), '127.0.0.1', () => console.log('listening'));
