"""The container files as data, and what git and the build are told to leave out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
ENV_SCRIPT = ROOT / "deploy" / "make_env.sh"
HUBS = ("hub-1", "hub-2")
ONCE = "migrate"
SECRETS = frozenset({"POSTGRES_PASSWORD", "OWNER_PASSWORD", "APP_PASSWORD", "REDIS_PASSWORD", "SECRET_KEY"})

ASKED = re.compile(r"\$\{(\w+):\?([^}]*)\}")


class Yaml:
    """Reads the part of YAML that docker-compose.yml uses, and fails on the rest instead of guessing."""

    _ITEM = re.compile(r""""([^"\\]*)"|'([^']*)'|([^\s,"'\[\]{}&*|>][^,"'\[\]{}]*)""")

    def __init__(self, text: str) -> None:
        lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
        self._rows = [(len(line) - len(line.lstrip()), line.strip()) for line in lines]
        self._at = 0
        self._anchors: dict[str, Any] = {}

    def read(self) -> Any:
        found = self._node(0)
        assert self._at == len(self._rows), f"not read: {self._rows[self._at]}"
        return found

    def _indent(self) -> int:
        return self._rows[self._at][0] if self._at < len(self._rows) else -1

    def _node(self, indent: int) -> Any:
        return self._list(indent) if self._rows[self._at][1].startswith("- ") else self._mapping(indent)

    def _mapping(self, indent: int) -> dict[str, Any]:
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        while self._indent() == indent:
            key, colon, rest = self._rows[self._at][1].partition(":")
            assert colon, self._rows[self._at]
            assert key not in own, f"twice: {key}"
            self._at += 1
            value = self._value(rest.strip(), indent)
            merged, own = ({**merged, **value}, own) if key == "<<" else (merged, {**own, key: value})
        return {**merged, **own}

    def _list(self, indent: int) -> list[Any]:
        items = []
        while self._indent() == indent:
            text = self._rows[self._at][1].removeprefix("- ")
            if re.match(r"\w+: ", text):
                self._rows[self._at] = (indent + 2, text)
                items.append(self._mapping(indent + 2))
            else:
                self._at += 1
                items.append(self._value(text, indent))
        return items

    def _value(self, text: str, indent: int) -> Any:
        if text.startswith("&"):
            name, _, rest = text[1:].partition(" ")
            self._anchors[name] = self._value(rest, indent)
            return self._anchors[name]
        if text.startswith("*"):
            return self._anchors[text[1:]]
        if text == "|":
            return "".join(self._deeper(indent))
        if not text:
            return self._node(self._indent()) if self._indent() > indent else None
        if text.startswith("["):
            assert text.endswith("]"), text
            return [self._scalar(item) for item in self._ITEM.finditer(text[1:-1])]
        found = self._ITEM.fullmatch(text)
        # A plain scalar may hold what a list's item may not: it ends with its line.
        return self._scalar(found) if found else self._plain(text)

    def _deeper(self, indent: int) -> Iterator[str]:
        while self._indent() > indent:
            yield self._rows[self._at][1] + "\n"
            self._at += 1

    def _scalar(self, item: re.Match[str]) -> Any:
        double, single, plain = item.groups()
        return self._plain(plain.strip()) if plain is not None else double if double is not None else single

    def _plain(self, text: str) -> Any:
        assert not re.search(r": |\s#", text.partition("${")[0]), text
        assert text[0] not in "\"'[{&*|>!%@`", text
        return True if text == "true" else int(text) if text.isdigit() else text


def compose() -> dict[str, Any]:
    found: dict[str, Any] = Yaml((ROOT / "docker-compose.yml").read_text(encoding="utf-8")).read()
    return found


COMPOSE = compose()
SERVICES: Mapping[str, dict[str, Any]] = COMPOSE["services"]


def instructions() -> list[tuple[str, str]]:
    """Return the Dockerfile's instructions, each with its words on one line."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    kept = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    lines = [line for line in re.sub(r"\\\n\s*", "", kept).splitlines() if line]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def last_stage() -> list[tuple[str, str]]:
    found = instructions()
    return found[max(place for place, (word, _) in enumerate(found) if word == "FROM") :]


def texts(value: Any) -> Iterator[str]:
    """Yield every text in a part of the compose file."""
    if isinstance(value, dict):
        for one in value.values():
            yield from texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)
    else:
        yield str(value)


def asked(value: Any) -> set[str]:
    return {name for text in texts(value) for name, _ in ASKED.findall(text)}


def ignore_rules() -> list[tuple[bool, re.Pattern[str]]]:
    """Return .dockerignore as (is it let in again, pattern)."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    return [
        (line.startswith("!"), as_pattern(line.removeprefix("!")))
        for line in lines
        if line and not line.startswith("#")
    ]


def as_pattern(text: str) -> re.Pattern[str]:
    spelled = {"**/": "(?:.*/)?", "*": "[^/]*"}
    return re.compile("".join(spelled.get(part, re.escape(part)) for part in re.split(r"(\*\*/|\*)", text)))


def is_sent(path: Path) -> bool:
    """Tell whether the build gets a file: the last rule that names it or a folder above it decides."""
    names = [str(one) for one in (path, *path.parents) if str(one) != "."]
    verdict = True
    for is_back, pattern in ignore_rules():
        if any(pattern.fullmatch(name) for name in names):
            verdict = is_back
    return verdict
