"""Guards of the pages: how old what is shown is, what is missing, what is not sent, what a phone keeps."""

from __future__ import annotations

from typing import Final

from tests.mutants.mutant import Mutant, quick, thorough

_SOCKET = "web/ui/tests/socket.test.ts"

OF_PAGES: Final[tuple[Mutant, ...]] = (
    quick(
        "a reply makes old rows fresh",
        "web/ui/src/clock.ts",
        "if (this.isVerified && CARRIES_DATA.has(frame.type)) this.lastFrameMs",
        "if (this.isVerified) this.lastFrameMs",
        "web/ui/tests/clock.test.ts",
    ),
    quick(
        "a new line makes old rows fresh before its first beat",
        "web/ui/src/clock.ts",
        "if (this.isVerified && CARRIES_DATA.has(frame.type)) this.lastFrameMs",
        "if (CARRIES_DATA.has(frame.type)) this.lastFrameMs",
        "web/ui/tests/clock.test.ts",
    ),
    quick(
        "the page does not look at how old the hub's own data is",
        "web/ui/src/clock.ts",
        "const then = this.lagMs + this.delayMs;",
        "const then = this.delayMs;",
        "web/ui/tests/clock.test.ts",
    ),
    quick(
        "the page does not notice that the line brings everything late",
        "web/ui/src/clock.ts",
        "const then = this.lagMs + this.delayMs;",
        "const then = this.lagMs;",
        "web/ui/tests/clock.test.ts",
    ),
    thorough(
        "a hole in what was told goes unnoticed",
        "web/ui/src/fold.ts",
        " || frame.from > room.position.seq + 1",
        "",
        "web/ui/tests/fold.test.ts",
    ),
    thorough(
        "a frame of another life is folded",
        "web/ui/src/fold.ts",
        "frame.epoch !== room.position.epoch || frame.from",
        "frame.from",
        "web/ui/tests/fold.test.ts",
    ),
    quick(
        "a command waits until there is a line",
        "web/ui/src/socket.ts",
        '    if (!this.isOpen) return Promise.resolve({ kind: "not_live" });\n',
        "",
        _SOCKET,
    ),
    quick(
        "a command without an answer is forgotten with its line",
        "web/ui/src/socket.ts",
        "    for (const entry of this.pending.values()) entry.isSent = false;\n",
        "",
        _SOCKET,
    ),
    quick(
        "a command goes again for ever",
        "web/ui/src/socket.ts",
        "if (now - entry.bornMs >= RESEND_FOR_MS) this",
        "if (false) this",
        _SOCKET,
    ),
    thorough(
        "the chip never goes stale",
        "web/ui/src/clock.ts",
        '  if (ageMs === null || ageMs >= OFFLINE_AFTER_MS) return "offline";\n'
        '  return ageMs >= SLOW_AFTER_MS ? "slow" : "live";\n',
        '  return ageMs === null ? "offline" : "live";\n',
        "tests/browser/test_freshness.py::test_a_welcome_without_data_makes_nothing_live",
    ),
)
