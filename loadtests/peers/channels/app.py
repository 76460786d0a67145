"""Django Channels on uvicorn with channels_redis' pub/sub layer, near their defaults: one group for each room."""

import json
import os
from datetime import UTC, datetime

import django
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from channels.layers import get_channel_layer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.urls import path
from redis.asyncio import Redis

REDIS_URL = os.environ["BENCH_REDIS_URL"]
LAYER = {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}}
settings.configure(CHANNEL_LAYERS={"default": LAYER}, USE_TZ=True, SECRET_KEY="nothing is signed here")  # noqa: S106
django.setup()
redis = Redis.from_url(REDIS_URL)


async def rows(room):
    """Read a room as it is."""
    found = {}
    for field, value in (await redis.hgetall(f"room:{room}")).items():
        facet, _, candidate = field.decode().partition(":")
        found.setdefault(candidate, {"id": int(candidate)})[facet] = json.loads(value)
    return list(found.values())


class Line(AsyncJsonWebsocketConsumer):
    """A candidate, or a dashboard that is in its room's group."""

    room = candidate = None

    async def receive_json(self, content):
        """Join first; then progress and calls."""
        match content["type"]:
            case "join":
                await self.join(content["room"], content.get("candidate"))
            case "progress":
                facts = {name: content[name] for name in ("answered", "total", "question")}
                await self.change("candidate.progressed", "progress", facts)
            case "help":
                await self.change("help.opened", "help", [{"text": content["text"]}])

    async def join(self, room, candidate):
        """Enter the group first, then read what there is: nothing falls between the two."""
        self.room, self.candidate = room, candidate
        if candidate is None:
            await self.channel_layer.group_add(f"room.{room}", self.channel_name)
        found = [] if candidate is not None else await rows(room)
        await self.send(text_data=json.dumps({"type": "joined", "rows": found}, separators=(",", ":")))

    async def change(self, type_, facet, value):
        """Keep what changed and tell the room."""
        await redis.hset(f"room:{self.room}", f"{facet}:{self.candidate}", json.dumps(value))
        at = datetime.now(UTC).isoformat()
        event = {"type": type_, "at": at, "candidate": self.candidate, "set": {facet: value}}
        await get_channel_layer().group_send(f"room.{self.room}", {"type": "room.event", "event": event})

    async def room_event(self, message):
        """Pass an event on."""
        await self.send_json(message["event"])

    async def disconnect(self, code):
        """Leave the group."""
        if self.room is not None and self.candidate is None:
            await self.channel_layer.group_discard(f"room.{self.room}", self.channel_name)


app = ProtocolTypeRouter({"websocket": URLRouter([path("ws", Line.as_asgi())])})
