"""Every locked package may be used here: its licence is on the list, or it is named with the reason."""

from __future__ import annotations

import json

import pytest
from boolean.boolean import AND, OR, ParseError
from license_expression import ExpressionError, LicenseSymbol, get_spdx_licensing

from scripts.locked import ROOT, packages

ALLOWED = frozenset(
    {
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "ISC",
        "MIT",
        "MIT-0",
        # Asks for the source of its own files only.
        "MPL-2.0",
        "PSF-2.0",
        "PostgreSQL",
        "ZPL-2.1",
    }
)
# Name, what it states, and why that is well.
EXCEPTIONS = {
    ("itsdangerous", "BSD License"): "the licence file in the package is the three-clause one",
    ("jinja2", "BSD License"): "the licence file in the package is the three-clause one",
    ("segno", "BSD License"): "the licence file in the package is the three-clause one",
    ("pygal", "LGPL-3.0-or-later"): "draws what was measured: used as it comes, never shipped",
}
SPDX = get_spdx_licensing()


def is_allowed(stated: str | None) -> bool:
    """Tell whether whoever follows the allowed licences alone may use what states this."""
    try:
        return stated is not None and holds(SPDX.parse(stated, validate=True, strict=True))
    except (ExpressionError, ParseError):
        return False


def holds(expression: object) -> bool:
    match expression:
        case OR(args=args):
            return any(holds(one) for one in args)
        case AND(args=args):
            return all(holds(one) for one in args)
        case LicenseSymbol(key=key):
            return key in ALLOWED
    return False


@pytest.mark.parametrize(
    ("stated", "is_well"),
    [
        ("MIT", True),
        ("MIT AND PSF-2.0", True),
        ("MIT OR GPL-3.0-only", True),
        ("MIT AND GPL-3.0-only", False),
        ("AGPL-3.0-or-later", False),
        ("GPL-2.0-only WITH Classpath-exception-2.0", False),
        ("BSD License", False),
        ("no such licence", False),
        ("(MIT", False),
        ("", False),
        (None, False),
    ],
)
def test_only_what_is_known_and_allowed_is_well(stated: str | None, is_well: bool) -> None:
    assert is_allowed(stated) is is_well


def test_every_locked_package_may_be_used() -> None:
    refused = {(one.name, one.licence) for one in packages() if not is_allowed(one.licence)}
    assert refused == EXCEPTIONS.keys(), "a licence that is not on the list, or an exception that is no longer needed"


def test_no_exception_is_shipped_under_a_licence_that_asks_for_more_than_a_notice() -> None:
    shipped = {one.name for one in packages() if one.use == "shipped"}
    assert {name for name, stated in EXCEPTIONS if name in shipped and "GPL" in stated} == set()


def test_the_pages_and_the_hub_state_one_licence() -> None:
    pages = json.loads((ROOT / "web" / "ui" / "package.json").read_text(encoding="utf-8"))["license"]
    assert f'license = {{ text = "{pages}" }}' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
