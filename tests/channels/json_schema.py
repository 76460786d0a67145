"""A small judge of JSON Schema: the keywords our schema uses, and an error for any other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import cast

Schema = Mapping[str, object]
SILENT = frozenset({"title", "description", "default", "discriminator", "format"})
TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "null": (type(None),),
}


def problems(value: object, schema: Schema, definitions: Mapping[str, Schema], at: str = "$") -> Iterator[str]:
    """Say everything in which a value does not fit a schema."""
    for keyword, said in schema.items():
        if keyword in SILENT:
            continue
        if keyword == "$ref":
            yield from problems(value, definitions[str(said).removeprefix("#/$defs/")], definitions, at)
        elif keyword == "anyOf":
            branches = [list(problems(value, one, definitions, at)) for one in cast(list[Schema], said)]
            if all(branches):
                yield f"{at}: fits none of {len(branches)}: {branches}"
        elif keyword in ("properties", "required", "additionalProperties"):
            yield from _object_problems(value, schema, definitions, at, keyword)
        elif keyword == "items":
            for index, one in enumerate(value if isinstance(value, list) else []):
                yield from problems(one, cast(Schema, said), definitions, f"{at}[{index}]")
        elif not _fits(value, keyword, said):
            yield f"{at}: {value!r} breaks {keyword} {said!r}"


def _object_problems(
    value: object, schema: Schema, definitions: Mapping[str, Schema], at: str, keyword: str
) -> Iterator[str]:
    if not isinstance(value, dict):
        return
    known = cast(Mapping[str, Schema], schema.get("properties", {}))
    if keyword == "required":
        yield from (f"{at}: {name} is missing" for name in cast(list[str], schema["required"]) if name not in value)
    elif keyword == "properties":
        for name in value.keys() & known.keys():
            yield from problems(value[name], known[name], definitions, f"{at}.{name}")
    else:
        others = schema["additionalProperties"]
        for name in value.keys() - known.keys():
            if others is False:
                yield f"{at}: {name} is not known"
            else:
                yield from problems(value[name], cast(Schema, others), definitions, f"{at}.{name}")


def _fits(value: object, keyword: str, said: object) -> bool:
    match keyword:
        case "type":
            is_bool_as_number = isinstance(value, bool) and said != "boolean"
            return isinstance(value, TYPES[str(said)]) and not is_bool_as_number
        case "enum":
            return value in cast(list[object], said)
        case "minimum":
            return not isinstance(value, int | float) or value >= cast(float, said)
        case "maximum":
            return not isinstance(value, int | float) or value <= cast(float, said)
        case "minLength" | "minItems":
            return not isinstance(value, str if keyword == "minLength" else list) or len(value) >= cast(int, said)
        case "maxLength" | "maxItems":
            return not isinstance(value, str if keyword == "maxLength" else list) or len(value) <= cast(int, said)
        case "pattern":
            return not isinstance(value, str) or re.search(str(said), value) is not None
        case _:
            raise AssertionError(f"the schema uses {keyword}, which this judge does not know")
