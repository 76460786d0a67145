"""How a struct is described on a page: what it is, its fields, what each may hold."""

from __future__ import annotations

import json
import types
import typing
from datetime import date, datetime
from enum import StrEnum

from msgspec import Meta, Struct, UnsetType

from channels import wire
from scripts.wire_typescript import fields, first_line, members, tag_of

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
WIRE_PAGE = "protocol.md"


def described(struct: type[Struct], level: str) -> str:
    """Describe a struct: a heading, what it is, its fields."""
    title = f"`{tag_of(struct)}`" if tag_of(struct) else struct.__name__
    lines = [f"{level} {title}\n", f"{first_line(struct)}\n"]
    is_of_the_wire = struct.__module__ == wire.__name__
    rows = [
        f"| `{name}`{' (optional)' if is_optional else ''} | {_words(said, is_of_the_wire)} |"
        for name, said, is_optional, _ in fields(struct)
    ]
    if rows:
        lines += ["| field | what |", "|---|---|", *rows, ""]
    return "\n".join(lines)


def _words(said: object, is_of_the_wire: bool) -> str:
    kept = [one for one in members(said) if one is not UnsetType]
    return " or ".join(dict.fromkeys(_word(one, is_of_the_wire) for one in kept))


def _word(said: object, is_of_the_wire: bool) -> str:
    origin, args = typing.get_origin(said), typing.get_args(said)
    if origin is typing.Annotated:
        bounds = "".join(_bounds(one) for one in args[1:] if isinstance(one, Meta))
        return f"{_word(args[0], is_of_the_wire)}{bounds}"
    if origin is typing.Literal:
        return " ".join(f"`{json.dumps(one)}`" for one in args)
    if origin is list:
        return f"list of {_words(args[0], is_of_the_wire)}"
    if origin is dict:
        return f"object of {_words(args[1], is_of_the_wire)}"
    if isinstance(said, type) and issubclass(said, Struct):
        page = WIRE_PAGE if said.__module__ == wire.__name__ and not is_of_the_wire else ""
        return f"[{said.__name__}]({page}#{said.__name__.lower()})"
    if isinstance(said, type) and issubclass(said, StrEnum):
        return " ".join(f"`{json.dumps(one.value)}`" for one in said)
    return WORDS[said]


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
