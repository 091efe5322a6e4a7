"""Follows a ticket with the websockets package; connect() in a loop connects again, as its documentation says."""

import asyncio
import json
import os

import websockets

SOCKET, SECRET = os.environ["SOCKET"], os.environ["SECRET"]


def say(line):
    print(line, flush=True)


async def follow():
    cursor = None
    while True:
        say("asked")
        address = SOCKET if cursor is None else f"{SOCKET}?after={cursor}"
        try:
            async with websockets.connect(address, subprotocols=["scangate.v1"]) as socket:
                await socket.send(json.dumps({"bearer": SECRET}))
                async for message in socket:
                    notice = json.loads(message)
                    cursor = notice["cursor"]
                    say(f"heard {json.dumps(notice)}")
            return say("closed")  # by a 1000; every other end is an error
        except (websockets.ConnectionClosed, OSError, websockets.InvalidStatusCode):
            await asyncio.sleep(0.2)


asyncio.run(follow())
