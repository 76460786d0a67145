"""What is generated from the code: `docs/protocol.md`, its JSON Schema, `docs/http.md`, the pages' TypeScript types.

`python scripts/generate_docs.py` writes them (`make protocol`); `--check` fails when one is not what it would write.
The wire's structs are the one source; the table of refusals comes from the very table the tests run.
"""

from __future__ import annotations

import argparse
import json
import sys
import typing
from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec import Struct

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from channels import wire  # noqa: E402
from channels.close_codes import CloseCode  # noqa: E402
from channels.translate import UNSEEN_KINDS  # noqa: E402
from hub.events import EventKind  # noqa: E402
from hub.refusals import RETRYABLE, Code  # noqa: E402
from scripts import http_reference  # noqa: E402
from scripts.described import described  # noqa: E402
from scripts.wire_typescript import structs, tag_of, typescript  # noqa: E402
from tests.hub.table import FAMILIES, LINES, STATES  # noqa: E402

DIRECTION_NAMES = (
    "CandidateFrame",
    "InvigilatorFrame",
    "AdminFrame",
    "CandidateHears",
    "InvigilatorHears",
    "AdminHears",
)
DIRECTIONS = {
    "Candidate → hub": wire.CandidateFrame,
    "Invigilator → hub": wire.InvigilatorFrame,
    "Admin → hub": wire.AdminFrame,
    "Hub → candidate": wire.CandidateHears,
    "Hub → invigilator": wire.InvigilatorHears,
    "Hub → admin": wire.AdminHears,
}


# ── JSON Schema ────────────────────────────────────────────────────────────────────────────────────────────────────


def schema() -> str:
    """Write the JSON Schema: one definition per direction, one per frame and part."""
    roots, definitions = msgspec.json.schema_components(
        tuple(DIRECTIONS.values()),
        schema_hook=lambda _: {"description": "the new value of a key"},
        ref_template="#/$defs/{name}",
    )
    named = {title: {"description": title, **root} for title, root in zip(DIRECTION_NAMES, roots, strict=True)}
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Vigie, the wire, version 1",
        "description": "Pick the definition of a direction: " + ", ".join(DIRECTION_NAMES),
        "$defs": {**named, **definitions},
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


# ── docs/protocol.md ───────────────────────────────────────────────────────────────────────────────────────────────


def markdown() -> str:
    """Write the reference for people who write a client."""
    sections = [PREFACE, _frames(), _parts(), _events(), _refusal_codes(), _table(), _close_codes()]
    return "\n".join(sections)


def _frames() -> str:
    lines = ["## Frames\n"]
    seen: set[type[Struct]] = set()
    for title, union in DIRECTIONS.items():
        lines.append(f"### {title}\n")
        frames = typing.get_args(union)
        lines += [described(one, "####") for one in frames if one not in seen]
        again = [f"`{tag_of(one)}`" for one in frames if one in seen]
        if again:
            lines.append(f"Also, as above: {', '.join(again)}.\n")
        seen.update(frames)
    return "\n".join(lines)


def _parts() -> str:
    whole = [one for one in structs() if tag_of(one) is None]
    return "\n".join(["## Parts of frames\n", *(described(one, "###") for one in whole)])


def _events() -> str:
    names = ", ".join(f"`{kind}`" for kind in EventKind if kind not in UNSEEN_KINDS)
    return f"## Events\n\n`type` of the events of a room: {names}.\n"


def _refusal_codes() -> str:
    retryable = ", ".join(f"`{code}`" for code in Code if code in RETRYABLE)
    names = ", ".join(f"`{code}`" for code in Code)
    return f"## Codes of refusal\n\n{names}.\n\nThe same frame may succeed later after: {retryable}.\n"


def _table() -> str:
    lines = [TABLE_PREFACE]
    for family, states in FAMILIES.items():
        lines += [f"### {family}\n", *(f"- **{state}**: {STATES[state].meaning}" for state in states), ""]
        lines += ["| command | " + " | ".join(states) + " |", "|---" * (len(states) + 1) + "|"]
        lines += [f"| {line.name} | " + " | ".join(_cell(line.cell(one)) for one in states) + " |" for line in LINES]
        lines.append("")
    return "\n".join(lines)


def _cell(expected: str) -> str:
    code, _, trace = expected.partition(", ")
    if code == "already":
        return "already"
    if code in set(Code):
        return f"**`{code}`**" + (" (shown)" if trace else "")
    return "ok: " + ", ".join(f"`{kind}`" for kind in code.split())


def _close_codes() -> str:
    rows = [
        f"| {one.value} | {' '.join(f'`{word}`' for word in one.reasons)} | {'yes' if one.may_reconnect else 'no'} |"
        for one in CloseCode
    ]
    return "\n".join([CLOSE_CODES_PREFACE, "| code | reason | come back? |", "|---|---|---|", *rows, ""])


CLOSE_CODES_PREFACE = """## Close codes

`bye.reason` holds the word. With 4010, `replaced` means a newer line of the same client (a tab that was doubled or
loaded again), `seat_taken` another client that entered with an authorization: the test was moved.
"""


PREFACE = f"""# The wire, version 1

<!-- Generated by scripts/generate_docs.py from channels/wire.py and tests/hub/table.py: run `make protocol`. -->

The contract between the hub and every client: the pages, the load generator, your exam platform. Fields, events and
frames may be added, so a client ignores what it does not know; none is renamed or removed without a new version.
`docs/protocol.schema.json` says the same to a machine.

- Sockets: `/ws/candidate` and `/ws/invigilator`, subprotocol `{wire.SUBPROTOCOL}`. JSON text, UTF-8, one object per
  message with its `type`, at most {wire.MAX_FRAME_BYTES} bytes. Instants are RFC 3339 UTC, dates `YYYY-MM-DD`.
- The first frame is `hello`, within 5 s. A candidate's token comes from `POST /api/candidate/identity`, a staff token
  from `POST /api/login` with `"bearer": true`; a browser's cookie needs none. No secret ever travels in a URL.
- `ref` is yours and comes back in the reply. `key` is yours too, one per deed: sending the same deed again with the
  same key is safe, on any connection, and gets the same answer. Acknowledged means committed.
- Each `beat` is answered by `alive`. A dashboard's line that is silent for 5 s, a candidate's for 9 s, is dropped and
  made again, at a random moment within a window that doubles from 0.5 s to 20 s.
- A room is folded: a `snapshot`, then for each event `row |= set`, or `session |= set` when the event names no
  candidate; `"set": null` removes the row. `from` is always your last `seq` plus one: otherwise send `sync`.
- `enter_after_ms` in `state`: wait so long before the `enter` that this `authorization` allows. Hundreds who are
  authorized in one second are spread like this; never over more than 60 s, and 0 in an ordinary room. It forbids
  nothing; a `welcome` says the same to whoever comes back authorized. On another line begin no new wait: the earlier
  instant counts.
- A hub that is late itself takes nobody new: `bye` with 4100. Whoever comes back to a running test is taken.
- Replies: `ok: false` with `error` when the frame as a whole was not judged, else one result per candidate. A
  candidate's own `enter`, `finish` and `help` get `ok`, or `error.code`.
"""

TABLE_PREFACE = """## The table of refusals

What becomes of every command in every state of a candidate; a test plays each cell. *ok* names the events that
follow, *already* means that it was so before and is no error, a bold code is the refusal. *(shown)*: the invigilator
sees that this person asks to come in. Whatever is due is settled first: an asked end whose moment has come is an end.
Rights (`forbidden`), keys (`key_reused`) and the form of a frame (`invalid`, `unknown_type`) are judged before. The
candidate of the table has called for help (the call lapses with the test) and has one report; *seated client* is
whichever client holds the test, before the first entry any client.
"""

FACES: dict[str, Callable[[], str]] = {
    "docs/protocol.md": markdown,
    "docs/protocol.schema.json": schema,
    "docs/http.md": http_reference.markdown,
    "web/ui/src/wire.ts": typescript,
}


def stale() -> list[str]:
    """List the generated files that are not what they would be now."""
    paths = {name: ROOT / name for name in FACES}
    return [name for name, path in paths.items() if not path.exists() or path.read_text("utf-8") != FACES[name]()]


def main() -> int:
    """Write the files, or with `--check` only say which are stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail when a file is stale")
    is_check = parser.parse_args().check
    names = stale()
    for name in names:
        if not is_check:
            (ROOT / name).write_text(FACES[name](), "utf-8")
        sys.stdout.write(f"{'stale' if is_check else 'written'}: {name}\n")
    return 1 if is_check and names else 0


if __name__ == "__main__":
    sys.exit(main())
