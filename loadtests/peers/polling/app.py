"""Rooms that are asked for every five seconds: Starlette and asyncpg on PostgreSQL, the whole room in each answer."""

import os
from contextlib import asynccontextmanager

import asyncpg
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

TABLE = """
CREATE TABLE IF NOT EXISTS seats (
    room int, id int, last_name text, first_name text, birthdate date, presence text, attempt text, link text,
    answered int, total int, question int, changed_at timestamptz, calls text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (room, id)
)
"""
TAKE = """
INSERT INTO seats VALUES ($1, $2, $3, $4, '2008-02-29', 'confirmed', 'running', 'online', NULL, NULL, NULL, now())
ON CONFLICT DO NOTHING
"""
PROGRESS = """
UPDATE seats SET answered = $3, total = $4, question = $5, changed_at = now()
WHERE room = $1 AND id = $2 AND (answered IS NULL OR answered < $3)
"""
CALL = (
    "UPDATE seats SET calls = calls || $3::text, changed_at = now() WHERE room = $1 AND id = $2 AND $3 <> ALL (calls)"
)
ROOM = "SELECT * FROM seats WHERE room = $1 ORDER BY last_name, first_name"
TABLE_LOCK = 1


@asynccontextmanager
async def lifespan(app):
    """Open the pool and make the table; two processes may start at once."""
    async with asyncpg.create_pool(os.environ["BENCH_DATABASE_URL"]) as pool:
        async with pool.acquire() as db, db.transaction():
            await db.execute("SELECT pg_advisory_xact_lock($1)", TABLE_LOCK)
            await db.execute(TABLE)
        app.state.pool = pool
        yield


def place(request):
    """Tell which seat a request is about."""
    return request.path_params["room"], request.path_params["id"]


async def take(request):
    """A candidate comes."""
    room, id_ = place(request)
    await request.app.state.pool.execute(TAKE, room, id_, f"Nom-de-famille-{id_}", f"Prénom-{id_}")
    return Response(status_code=204)


async def progress(request):
    """A candidate answered."""
    told = await request.json()
    await request.app.state.pool.execute(PROGRESS, *place(request), told["answered"], told["total"], told["question"])
    return Response(status_code=204)


async def call(request):
    """A candidate calls."""
    told = await request.json()
    await request.app.state.pool.execute(CALL, *place(request), told["text"])
    return Response(status_code=204)


async def room(request):
    """The whole room."""
    found = await request.app.state.pool.fetch(ROOM, request.path_params["room"])
    return JSONResponse({"rows": [row(record) for record in found]})


def row(record):
    """One candidate as a dashboard shows them."""
    names = ("id", "last_name", "first_name", "presence", "attempt", "link")
    has_begun = record["answered"] is not None
    numbers = {name: record[name] for name in ("answered", "total", "question")} if has_begun else None
    return {
        **{name: record[name] for name in names},
        "birthdate": record["birthdate"].isoformat(),
        "changed_at": record["changed_at"].isoformat(),
        "progress": numbers,
        "help": [{"text": text} for text in record["calls"]],
    }


SEAT = "/rooms/{room:int}/candidates/{id:int}"
app = Starlette(
    routes=[
        Route(SEAT, take, methods=["POST"]),
        Route(f"{SEAT}/progress", progress, methods=["POST"]),
        Route(f"{SEAT}/help", call, methods=["POST"]),
        Route("/rooms/{room:int}", room),
    ],
    lifespan=lifespan,
)
