"""python-socketio on uvicorn with its Redis manager, near their defaults: rooms, one emit for each event."""

import json
import os
from datetime import UTC, datetime

import socketio
from redis.asyncio import Redis

REDIS_URL = os.environ["BENCH_REDIS_URL"]
redis = Redis.from_url(REDIS_URL)
server = socketio.AsyncServer(async_mode="asgi", client_manager=socketio.AsyncRedisManager(REDIS_URL))
app = socketio.ASGIApp(server)
people = {}


async def rows(room):
    """Read a room as it is."""
    found = {}
    for field, value in (await redis.hgetall(f"room:{room}")).items():
        facet, _, candidate = field.decode().partition(":")
        found.setdefault(candidate, {"id": int(candidate)})[facet] = json.loads(value)
    return list(found.values())


@server.event
async def join(sid, joining):
    """Enter the room first, then read what there is: nothing falls between the two."""
    room, candidate = joining["room"], joining.get("candidate")
    people[sid] = room, candidate
    if candidate is None:
        await server.enter_room(sid, f"room:{room}")
    await server.emit("joined", {"rows": [] if candidate is not None else await rows(room)}, to=sid)


async def change(sid, type_, facet, value):
    """Keep what changed and tell the room."""
    room, candidate = people[sid]
    await redis.hset(f"room:{room}", f"{facet}:{candidate}", json.dumps(value))
    event = {"type": type_, "at": datetime.now(UTC).isoformat(), "candidate": candidate, "set": {facet: value}}
    await server.emit("event", event, room=f"room:{room}")


@server.event
async def progress(sid, told):
    """A candidate answered."""
    await change(
        sid, "candidate.progressed", "progress", {name: told[name] for name in ("answered", "total", "question")}
    )


@server.event
async def help(sid, told):
    """A candidate calls."""
    await change(sid, "help.opened", "help", [{"text": told["text"]}])


@server.event
async def disconnect(sid, reason):
    """Forget who it was."""
    people.pop(sid, None)
