"""The web application flow of requests-oauthlib's documentation: neither PKCE nor a nonce."""

from requests_oauthlib import OAuth2Session
from web import CALLBACK, CLIENT_ID, CLIENT_SECRET, GATEWAY, serve

SCOPE = ["openid", "profile", "offline_access"]


def login(session, url):
    client = OAuth2Session(CLIENT_ID, redirect_uri=CALLBACK, scope=SCOPE)
    address, session["state"] = client.authorization_url(f"{GATEWAY}/oauth/authorize")
    return address


def callback(session, url):
    client = OAuth2Session(CLIENT_ID, redirect_uri=CALLBACK, scope=SCOPE, state=session["state"])
    session["token"] = client.fetch_token(
        f"{GATEWAY}/oauth/token", client_secret=CLIENT_SECRET, authorization_response=url
    )
    session["user"] = client.get(f"{GATEWAY}/oauth/userinfo").json()
    return "/"


def refresh(session, url):
    client = OAuth2Session(CLIENT_ID, token=session["token"])
    client.refresh_token(f"{GATEWAY}/oauth/token", auth=(CLIENT_ID, CLIENT_SECRET))
    return client.get(f"{GATEWAY}/oauth/userinfo").json()


serve({"/login": login, "/callback": callback, "/refresh": refresh})
