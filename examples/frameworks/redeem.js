/** What the page's own HTML says: where the gateway is, and which client this is. */
export const { gateway, clientId } = document.documentElement.dataset;

/** Exchanges what `scangate-result` brought for tokens, and asks who signed in. */
export async function redeem({ result, verifier }) {
  const answer = await fetch(`${gateway}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: clientId,
      code: result.code,
      code_verifier: verifier,
    }),
  });
  const tokens = await answer.json();
  if (!answer.ok) throw new Error(tokens.error_description ?? tokens.error);
  const headers = { authorization: `Bearer ${tokens.access_token}` };
  return await (await fetch(`${gateway}/oauth/userinfo`, { headers })).json();
}
