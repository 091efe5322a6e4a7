/** The sample of passport-openidconnect's README. */
import express from 'express';
import session from 'express-session';
import passport from 'passport';
import OpenIDConnectStrategy from 'passport-openidconnect';

const { GATEWAY, HERE, PORT, CLIENT_ID, CLIENT_SECRET } = process.env;

passport.use(
  new OpenIDConnectStrategy(
    {
      issuer: GATEWAY,
      authorizationURL: `${GATEWAY}/oauth/authorize`,
      tokenURL: `${GATEWAY}/oauth/token`,
      userInfoURL: `${GATEWAY}/oauth/userinfo`,
      clientID: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
      callbackURL: `${HERE}/callback`,
      scope: ['profile'],
    },
    (_issuer, profile, done) => done(null, { sub: profile.id, name: profile.displayName }),
  ),
);
passport.serializeUser((user, done) => done(null, user));
passport.deserializeUser((user, done) => done(null, user));

const app = express();
app.use(session({ secret: 'keyboard cat', resave: false, saveUninitialized: true }));
app.use(passport.session());
app.get('/login', passport.authenticate('openidconnect'));
app.get('/callback', passport.authenticate('openidconnect', { failWithError: true, successRedirect: '/' }));
app.get('/', (request, response) => response.json(request.user ?? {}));
// The strategy says "denied" for access_denied alone; every other error of the gateway is an AuthorizationError.
app.use((error, request, response, _next) => {
  const told = error.name === 'AuthenticationError' ? request.query.error : error.code;
  response.json({ failed: error.name, error: told, message: error.message });
});
app.listen(Number(PORT), '127.0.0.1', () => console.log('listening'));
