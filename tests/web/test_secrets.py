"""Secrets: sealed with one key, compared without telling, and never in the diary."""

from __future__ import annotations

import io
import json
import logging
import stat
from pathlib import Path

import pytest
import structlog

from web import logs
from web.keyring import Keyring, WrongKey, secret_key


def test_a_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    made = secret_key(None, tmp_path)
    assert secret_key(None, tmp_path) == made
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["secret_key"]
    assert secret_key("chosen", tmp_path) == "chosen"


def test_a_session_password_is_read_again_only_with_the_same_key() -> None:
    sealed = Keyring("one key").seal("C-ABCD2345")
    assert b"ABCD" not in sealed
    assert Keyring("one key").open(sealed) == "C-ABCD2345"
    with pytest.raises(WrongKey, match="VIGIE_SECRET_KEY"):
        Keyring("another key").open(sealed)


@pytest.mark.parametrize(
    ("typed", "is_right"),
    [("C-ABCD2345", True), (" abcd2345 ", True), ("c-abcd2345", True), ("ABCD2346", False), ("", False), ("é", False)],
)
def test_prefix_and_case_do_not_matter_when_typed(typed: str, is_right: bool) -> None:
    keyring = Keyring("one key")
    assert keyring.is_right(typed, keyring.seal("C-ABCD2345")) is is_right
    assert not keyring.is_right(typed, None)


def test_the_diary_keeps_the_place_of_an_accident_but_not_its_words() -> None:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    form = structlog.stdlib.ProcessorFormatter
    handler.setFormatter(
        form(
            foreign_pre_chain=[logs.places_only],
            processors=[form.remove_processors_meta, structlog.processors.JSONRenderer()],
        )
    )
    diary = logging.getLogger("test.diary")
    diary.addHandler(handler)
    diary.propagate = False
    try:
        raise ValueError("born 14/03/2008")
    except ValueError:
        diary.exception("a job failed")
    event = json.loads(written.getvalue())
    assert event["accident"] == "builtins.ValueError"
    assert event["places"][-1].startswith("web/test_secrets.py:")
    assert "2008" not in written.getvalue()


def test_lines_of_the_diary_that_somebody_should_read_are_counted_by_level() -> None:
    before = dict(logs.lines)
    logger = structlog.get_logger()
    for level in ("info", "warning", "warning", "error", "debug"):
        assert logs.counted(logger, level, {"level": level, "event": "x"}) == {"level": level, "event": "x"}
    grown = {level: count - before[level] for level, count in logs.lines.items()}
    assert grown == {"warning": 2, "error": 1, "critical": 0}
