#!/bin/sh
# Sees to it that the browser tests have a Chromium: the one on PATH, else Debian's package when root.
# Without one the other tests still run, and this says so; with CI set that is a failure.
set -eu

say() { printf '%s\n' "$*" >&2; }

# Ubuntu's package is a stub that asks for another installer: only a browser that says its version counts.
have_chromium() {
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        "$name" --version >/dev/null 2>&1 && return 0
    done
    return 1
}

have_chromium && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "Installing Chromium for the browser tests"
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq update >&2 && apt-get -qq install --yes --no-install-recommends chromium >&2 || true
    have_chromium && exit 0
fi

say "No Chromium was found: THE BROWSER TESTS WILL NOT RUN. Install it (Debian: apt install chromium)."
[ -z "${CI:-}" ]
