"""The pages and their files: what each is, how long a browser may keep it, and what its policy lets through."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from web import pages

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' blob:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "worker-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "vigie-worker",
}


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that stands for the build, with one file of each kind."""
    monkeypatch.setattr(pages, "DIST", tmp_path)
    (tmp_path / "static").mkdir()
    names = ("invigilator.html", "worker.js", "manifest.webmanifest", "static/icon-192.0a.png", "static/page.0a.js")
    for name in names:
        (tmp_path / name).write_text(name)
    return tmp_path


@pytest.mark.parametrize(
    ("path", "media_type", "caching"),
    [
        ("/invigilate/1000", "text/html; charset=utf-8", "no-cache"),
        ("/worker.js", "text/javascript; charset=utf-8", "no-cache"),
        ("/manifest.webmanifest", "application/manifest+json", "no-cache"),
        ("/static/icon-192.0a.png", "image/png", pages.A_YEAR),
        ("/static/page.0a.js", "text/javascript; charset=utf-8", pages.A_YEAR),
    ],
)
async def test_each_file_says_what_it_is_and_is_kept_only_under_a_name_with_a_hash(
    anybody: httpx.AsyncClient, built: Path, path: str, media_type: str, caching: str
) -> None:
    answer = await anybody.get(path)
    assert (answer.status_code, answer.headers["content-type"], answer.headers["cache-control"]) == (
        200,
        media_type,
        caching,
    )
    assert answer.headers["x-content-type-options"] == "nosniff"
    told = dict(rule.split(" ", 1) for rule in answer.headers["content-security-policy"].split("; "))
    assert told == POLICY


@pytest.mark.parametrize("path", ["/worker.js", "/manifest.webmanifest"])
async def test_without_a_build_there_is_no_worker_and_no_manifest(
    anybody: httpx.AsyncClient, built: Path, path: str
) -> None:
    (built / path[1:]).unlink()
    assert (await anybody.get(path)).status_code == 404


async def test_the_start_of_an_installed_vigie_is_the_first_page(anybody: httpx.AsyncClient) -> None:
    answer = await anybody.get("/invigilate/")
    assert (answer.status_code, answer.headers["location"]) == (307, "/")
