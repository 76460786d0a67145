"""The scripts of the live store: which files each is made of."""

from __future__ import annotations

from state.pipeline import Script


def _script(name: str, *parts: str, flags: str = "") -> Script:
    return Script.of(name, "room.lua", *parts, f"{name}.lua", flags=flags)


PROGRESS = _script("progress")
READ = _script("read", flags="no-writes")
SNAPSHOT = _script("snapshot", flags="no-writes")
NODES = _script("nodes", "candidate.lua", "staff.lua", flags="no-writes")
HOLDERS = _script("holders", "candidate.lua", flags="no-writes")
LOAD = _script("load", "candidate.lua")
APPLY = _script("apply", "candidate.lua")
CONNECT = _script("connect", "candidate.lua")
DISCONNECT = _script("disconnect", "candidate.lua")
ATTACH = _script("attach", "candidate.lua")
DETACH = _script("detach", "candidate.lua")
MARK = _script("mark", "candidate.lua")
REMEMBER = _script("remember", "candidate.lua")
TOLD = _script("told", "candidate.lua")
SWEEP = _script("sweep", "candidate.lua", "staff.lua")
STAFFING = _script("staffing", flags="no-writes")
CONSOLE_OPEN = _script("console_open", "staff.lua")
CONSOLE_CLOSED = _script("console_closed", "staff.lua")
CLAIM = _script("claim", "candidate.lua", "staff.lua")
