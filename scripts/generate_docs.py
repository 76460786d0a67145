"""The generated faces of the wire: `docs/protocol.md`, its JSON Schema, and the TypeScript types of the pages.

`python scripts/generate_docs.py` writes them (`make protocol`); `--check` fails when one is not what it would write.
The wire's structs are the one source; the table of refusals comes from the very table the tests run.
"""

from __future__ import annotations

import argparse
import json
import sys
import types
import typing
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import msgspec
from msgspec import Meta, Struct, UnsetType

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from channels import wire  # noqa: E402
from channels.close_codes import CloseCode  # noqa: E402
from channels.translate import UNSEEN_KINDS  # noqa: E402
from hub.events import EventKind  # noqa: E402
from hub.refusals import RETRYABLE, Code  # noqa: E402
from scripts.wire_typescript import fields, first_line, members, structs, tag_of, typescript  # noqa: E402
from tests.hub.table import FAMILIES, LINES, STATES  # noqa: E402

DIRECTION_NAMES = ("CandidateFrame", "InvigilatorFrame", "CandidateHears", "InvigilatorHears")
DIRECTIONS = {
    "Candidate → hub": wire.CandidateFrame,
    "Invigilator → hub": wire.InvigilatorFrame,
    "Hub → candidate": wire.CandidateHears,
    "Hub → invigilator": wire.InvigilatorHears,
}
INTERNAL_EVENTS = UNSEEN_KINDS


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
        lines += [_frame(one, "####") for one in frames if one not in seen]
        again = [f"`{tag_of(one)}`" for one in frames if one in seen]
        if again:
            lines.append(f"Also, as above: {', '.join(again)}.\n")
        seen.update(frames)
    return "\n".join(lines)


def _parts() -> str:
    whole = [one for one in structs() if tag_of(one) is None]
    return "\n".join(["## Parts of frames\n", *(_frame(one, "###") for one in whole)])


def _frame(struct: type[Struct], level: str) -> str:
    title = f"`{tag_of(struct)}`" if tag_of(struct) else struct.__name__
    lines = [f"{level} {title}\n", f"{first_line(struct)}\n"]
    rows = [
        f"| `{name}`{' (optional)' if is_optional else ''} | {_words(said)} |"
        for name, said, is_optional, _ in fields(struct)
    ]
    if rows:
        lines += ["| field | what |", "|---|---|", *rows, ""]
    return "\n".join(lines)


def _words(said: object) -> str:
    kept = [one for one in members(said) if one is not UnsetType]
    return " or ".join(dict.fromkeys(_word(one) for one in kept))


def _word(said: object) -> str:
    origin, args = typing.get_origin(said), typing.get_args(said)
    if origin is typing.Annotated:
        return f"{_word(args[0])}{''.join(_bounds(one) for one in args[1:] if isinstance(one, Meta))}"
    if origin is typing.Literal:
        return " ".join(f"`{json.dumps(one)}`" for one in args)
    if origin is list:
        return f"list of {_words(args[0])}"
    if origin is dict:
        return f"object of {_words(args[1])}"
    if isinstance(said, type) and issubclass(said, Struct):
        return f"[{said.__name__}](#{said.__name__.lower()})"
    return WORDS[said]  # type: ignore[index]


WORDS: dict[object, str] = {
    types.NoneType: "`null`",
    bool: "true or false",
    int: "whole number",
    float: "number",
    str: "text",
    datetime: "instant",
    date: "date",
    object: "anything",
}


def _bounds(meta: Meta) -> str:
    said = ""
    if meta.ge is not None or meta.le is not None:
        said += f", {meta.ge} to {_power(meta.le)}"
    if meta.max_length is not None:
        said += f", {meta.min_length} to {meta.max_length}" if meta.min_length else f", at most {meta.max_length}"
        said += " long"
    if meta.pattern is not None:
        said += ", without NUL" if meta.pattern == wire.NO_NUL else f" like `{meta.pattern}`"
    return said


def _power(number: float | None) -> str:
    return "2^53" if number == 2**53 else str(number)


def _events() -> str:
    names = ", ".join(f"`{kind}`" for kind in EventKind if kind not in INTERNAL_EVENTS)
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
    rows = [f"| {one.value} | `{one.reason}` | {'yes' if one.may_reconnect else 'no'} |" for one in CloseCode]
    return "\n".join(["## Close codes\n", "| code | reason | come back? |", "|---|---|---|", *rows, ""])


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
