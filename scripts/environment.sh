#!/bin/sh
# Makes .venv what requirements.lock says, and nothing when it already is. Needs Python 3.11 or later, nothing else.
#
# The stamp holds digests, not dates: changing branches and coming back installs nothing.
set -eu
cd "$(dirname "$0")/.."

STAMP=.venv/installed-from
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1

say() { printf '%s\n' "$*" >&2; }

# Prints the first Python that is recent enough and can make environments; says what to install when there is none.
find_python() {
    recent=
    for name in ${PYTHON:-} python3.11 python3.12 python3.13 python3.14 python3; do
        "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
        recent=${recent:-$name}
        if "$name" -c 'import venv, ensurepip' 2>/dev/null; then
            printf '%s\n' "$name"
            return
        fi
    done
    if [ -n "$recent" ]; then
        version=$("$recent" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        say "Python $version is here ($recent), but its 'venv' module is not complete."
        say "Install it, then run the same command again:"
        say "    Debian, Ubuntu:  apt install python3-venv   (or python$version-venv)"
    else
        say "Vigie needs Python 3.11 or later, and none was found on PATH."
        say "Install it, then run the same command again:"
        say "    Debian, Ubuntu:  apt install python3 python3-venv"
        say "    Fedora:          dnf install python3"
        say "or say where it is:  make PYTHON=/path/to/python3 run"
    fi
    exit 1
}

# What the environment was made from: its place, the lock, the project's own description, the interpreter.
digest() {
    pwd
    cat requirements.lock pyproject.toml | sha256sum | cut -d ' ' -f 1
    .venv/bin/python -c 'import sys; print(sys.version)'
}

# An environment holds absolute paths: one that was copied along with its folder would run the other folder's code.
if [ -f "$STAMP" ] && [ "$(head -n 1 "$STAMP")" != "$(pwd)" ]; then
    rm -rf .venv
fi

if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    python=$(find_python)
    say "Making .venv with $("$python" --version)"
    rm -rf .venv
    "$python" -m venv .venv
fi

if [ -f "$STAMP" ] && [ "$(digest)" = "$(cat "$STAMP")" ]; then
    exit 0
fi

say "Installing what requirements.lock names (a minute or two, once)"
rm -f "$STAMP"
.venv/bin/python -m pip install --quiet --require-hashes --requirement requirements.lock
.venv/bin/python -m pip install --quiet --no-deps --no-build-isolation --no-index --editable .
digest >"$STAMP"
