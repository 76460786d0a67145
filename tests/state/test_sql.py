"""No statement is put together from what somebody typed: statements are made when a module is read."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = [path for package in ("hub", "channels", "state", "web") for path in sorted((ROOT / package).rglob("*.py"))]
ASKING = frozenset({"text", "execute", "exec_driver_sql", "executemany", "fetch", "fetchrow", "fetchval", "scalar"})
# Name, and why nothing typed can be in it.
OURS = {
    "state/embedded/postgres.py": "roles and drawn passwords, which such statements take as no parameter",
    "state/state_hash.py": "names of tables and columns, which no parameter can be",
    "state/tables.py": "defaults of columns, spelled while the tables are declared",
}


def statements_made_late(source: str) -> Iterator[int]:
    """Yield the lines on which a running function puts a statement together, or takes one that may have been."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    tree = ast.parse(source)
    for function in (node for node in ast.walk(tree) if isinstance(node, functions)):
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call) and node.args):
            name, words = getattr(call.func, "id", None) or getattr(call.func, "attr", None), call.args[0]
            is_any = name == "text" and has_sql(tree) and not isinstance(words, ast.Constant)
            if is_any or (name in ASKING and is_put_together(words)):
                yield call.lineno


def has_sql(tree: ast.Module) -> bool:
    """Tell whether `text` in this module is what makes a statement of words."""
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "sqlalchemy")
    return any(one.name == "text" for node in imports for one in node.names)


def is_put_together(words: ast.expr) -> bool:
    if isinstance(words, ast.Call):
        return getattr(words.func, "attr", None) in ("format", "join", "replace")
    return isinstance(words, ast.JoinedStr | ast.BinOp)


def test_no_running_function_puts_a_statement_together() -> None:
    found = {path: list(statements_made_late(path.read_text(encoding="utf-8"))) for path in MODULES}
    assert {str(path.relative_to(ROOT)): lines for path, lines in found.items() if lines}.keys() == OURS.keys()


@pytest.mark.parametrize(
    "made", ['f"SELECT {typed}"', '"SELECT " + typed', '"SELECT %s" % typed', '"{}".format(typed)']
)
def test_what_is_put_together_by_a_function_is_found(made: str) -> None:
    assert list(statements_made_late(f"def ask(typed):\n    return text({made})")) == [2]
    assert list(statements_made_late(f"ASKED = text({made})")) == []


def test_a_statement_that_came_from_elsewhere_is_found() -> None:
    asked = "def ask(typed):\n    return text(typed)"
    assert list(statements_made_late(f"from sqlalchemy import text\n{asked}")) == [3]
    assert list(statements_made_late(asked)) == [], "another text"
