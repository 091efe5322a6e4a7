/** A web application with express-openid-connect as its README begins: with sign-out at the gateway; all else is the package's default. */
import express from 'express';
import middleware from 'express-openid-connect';

/** What a session store of Express does, in memory. */
const kept = new Map();
const store = {
  get: (id, done) => done(null, kept.get(id)),
  set: (id, value, done) => done(null, void kept.set(id, value)),
  destroy: (id, done) => done(null, void kept.delete(id)),
};

const app = express();
app.use(
  middleware.auth({
    issuerBaseURL: process.env.GATEWAY,
    baseURL: process.env.BASE_URL,
    clientID: process.env.CLIENT_ID,
    secret: 'a long, randomly-generated string stored in env',
    idpLogout: true,
    backchannelLogout: { store },
  }),
);
app.get('/', (req, res) => {
  res.json({ claims: req.oidc.idTokenClaims, idToken: req.oidc.idToken });
});
app.use((error, _req, res, _next) => {
  res.status(error.status ?? 500).json({ error: error.error ?? error.message });
});
app.listen(Number(process.env.PORT), '127.0.0.1', () => console.log('listening'));
