"""A web application with Authlib's requests client: PKCE, a nonce, and an ID token that it checks."""

from urllib.parse import parse_qs, urlsplit

import requests
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import JsonWebKey, jwt
from authlib.oidc.core import CodeIDToken
from web import CALLBACK, CLIENT_ID, CLIENT_SECRET, GATEWAY, serve

server = requests.get(f"{GATEWAY}/.well-known/openid-configuration").json()
keys = JsonWebKey.import_key_set(requests.get(server["jwks_uri"]).json())


def client(**more):
    return OAuth2Session(
        CLIENT_ID,
        CLIENT_SECRET,
        scope="openid profile offline_access",
        redirect_uri=CALLBACK,
        code_challenge_method="S256",
        **more,
    )


def login(session, url):
    session["verifier"], session["nonce"] = generate_token(48), generate_token()
    address, session["state"] = client().create_authorization_url(
        server["authorization_endpoint"], code_verifier=session["verifier"], nonce=session["nonce"]
    )
    return address


def callback(session, url):
    query = parse_qs(urlsplit(url).query)
    if "error" in query:  # as its own integrations with frameworks do
        raise OAuthError(query["error"][0], query.get("error_description", [None])[0])
    token = client(state=session["state"]).fetch_token(
        server["token_endpoint"], authorization_response=url, code_verifier=session["verifier"]
    )
    session["token"], session["user"] = token, claims_of(token, session["nonce"])
    return "/"


def refresh(session, url):
    token = client(token=session["token"]).refresh_token(server["token_endpoint"])
    return claims_of(token)


def claims_of(token, nonce=None):
    claims = jwt.decode(
        token["id_token"],
        keys,
        claims_cls=CodeIDToken,
        claims_options={"iss": {"value": server["issuer"]}, "aud": {"value": CLIENT_ID}},
        claims_params={"nonce": nonce, "client_id": CLIENT_ID} if nonce else {"client_id": CLIENT_ID},
    )
    claims.validate()
    return dict(claims)


serve({"/login": login, "/callback": callback, "/refresh": refresh})
