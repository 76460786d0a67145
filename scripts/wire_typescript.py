"""The TypeScript of the wire, and how the wire's structs are read to write it."""

from __future__ import annotations

import inspect
import json
import types
import typing
from collections.abc import Iterator
from datetime import date, datetime

import msgspec
from msgspec import Struct, UnsetType

from channels import wire


def structs() -> list[type[Struct]]:
    """List the structs of the wire in the order in which they are written."""
    return [
        one
        for one in vars(wire).values()
        if inspect.isclass(one) and issubclass(one, Struct) and one.__module__ == wire.__name__
    ]


def unions() -> dict[str, tuple[type[Struct], ...]]:
    """List the named unions of frames, by name."""
    found = {name: getattr(value, "__args__", ()) for name, value in vars(wire).items()}
    return {
        name: members
        for name, members in found.items()
        if members and all(inspect.isclass(one) and issubclass(one, Struct) for one in members)
    }


def first_line(struct: type[Struct]) -> str:
    """Return what a struct is."""
    return inspect.getdoc(struct).splitlines()[0]  # type: ignore[union-attr]


def fields(struct: type[Struct]) -> Iterator[tuple[str, object, bool, object]]:
    """Give each field's name on the wire, its type as written, whether it may be left out, and its default."""
    hints = typing.get_type_hints(struct, include_extras=True)
    for field in msgspec.structs.fields(struct):
        yield field.encode_name, hints[field.name], not field.required, field.default


def tag_of(struct: type[Struct]) -> str | None:
    """Return the `type` by which a frame is known; None for a part of one."""
    tag = struct.__struct_config__.tag
    return tag if isinstance(tag, str) else None


def members(said: object) -> tuple[object, ...]:
    """Return the alternatives of a type, null last; one for anything that is no union."""
    if not isinstance(said, types.UnionType) and typing.get_origin(said) is not typing.Union:
        return (said,)
    return tuple(sorted(typing.get_args(said), key=lambda one: one is types.NoneType))


SIMPLE = {
    types.NoneType: "null",
    bool: "boolean",
    int: "number",
    float: "number",
    str: "string",
    datetime: "string",
    date: "string",
    object: "unknown",
}


def typescript() -> str:
    """Write the types the pages compile against."""
    parts = ["// The wire, version 1: generated from channels/wire.py, do not edit.\n"]
    known = structs()
    for name, value in vars(wire).items():
        if name in unions():
            lines = "\n".join(f"  | {one.__name__}" for one in unions()[name])
            parts.append(f"export type {name} =\n{lines};\n")
        elif value in known:
            parts.append(_interface(value))
    return "\n".join(parts)


def _interface(struct: type[Struct]) -> str:
    lines = [f"/** {first_line(struct)} */", f"export interface {struct.__name__} {{"]
    if tag_of(struct) is not None:
        lines.append(f'  type: "{tag_of(struct)}";')
    is_null_omitted = struct.__struct_config__.omit_defaults
    for name, said, is_optional, default in fields(struct):
        # What is left out instead of sent as null is never null to a reader.
        never = {UnsetType} | ({types.NoneType} if is_null_omitted and default is None else set())
        kept = [one for one in members(said) if one not in never]
        lines.append(f"  {name}{'?' if is_optional else ''}: {' | '.join(_typescript(one) for one in kept)};")
    return "\n".join([*lines, "}", ""])


def _typescript(said: object) -> str:
    origin, args = typing.get_origin(said), typing.get_args(said)
    if isinstance(said, type) and said in SIMPLE:
        return SIMPLE[said]
    if origin is typing.Annotated:
        return _typescript(args[0])
    if origin is typing.Literal:
        return " | ".join(json.dumps(one) for one in args)
    if origin is list:
        inner = _typescript(args[0])
        return f"({inner})[]" if "|" in inner else f"{inner}[]"
    if origin is dict:
        return f"Record<string, {_typescript(args[1])}>"
    if len(members(said)) > 1:
        return " | ".join(_typescript(one) for one in members(said))
    if isinstance(said, type) and issubclass(said, Struct):
        return said.__name__
    raise TypeError(f"the wire says {said}, which has no TypeScript yet")
