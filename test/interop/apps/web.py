"""What a web application has around its library: a server, and a session by cookie (see web.mjs)."""

import json
import os
import sys
import traceback
import uuid
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

GATEWAY, HERE = os.environ["GATEWAY"], os.environ["HERE"]
CLIENT_ID, CLIENT_SECRET = os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"]
CALLBACK = f"{HERE}/callback"
sessions = {}


def serve(routes):
    """Each route is given the session and the address; it answers an address to go to, or what to show as JSON."""
    routes = {"/": lambda session, url: session.get("user", {}), **routes}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            cookie = SimpleCookie(self.headers.get("cookie", "")).get("sid")
            sid = cookie.value if cookie else str(uuid.uuid4())
            session = sessions.setdefault(sid, {})
            route = routes.get(urlsplit(self.path).path)
            try:
                answer = route(session, HERE + self.path) if route else {"error": "no such page"}
            except Exception as error:
                traceback.print_exc()
                answer = {"error": getattr(error, "error", None) or str(error), "kind": type(error).__name__}
            self.send_response(302 if isinstance(answer, str) else 200)
            self.send_header("set-cookie", f"sid={sid}; Path=/; HttpOnly; SameSite=Lax")
            if isinstance(answer, str):
                self.send_header("location", answer)
            self.end_headers()
            if not isinstance(answer, str):
                self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler)
    print("listening", flush=True)
    sys.stdout.flush()
    server.serve_forever()
