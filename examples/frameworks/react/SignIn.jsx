import { useState } from 'react';
import { clientId, gateway, redeem } from '../redeem.js';

/** React 19 sets what begins with `on` as a listener, whatever the event is called. */
export function SignIn() {
  const [user, setUser] = useState();
  const [error, setError] = useState();
  if (user) return <p>Hello, {user.name ?? user.sub}!</p>;
  if (error) return <p>You are not signed in: {error.message}</p>;
  return (
    <scan-login
      gateway={gateway}
      client-id={clientId}
      scope="openid profile"
      onscangate-result={({ detail }) => void redeem(detail).then(setUser, setError)}
    />
  );
}
