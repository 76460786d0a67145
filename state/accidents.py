"""What should never happen in a store: the rules and the database disagree. Names the rule, never the data."""

from __future__ import annotations

from hub.ports import Refused, StoreUnavailable


class RuleBroken(Refused):
    """A constraint or guard of the database refused what the rules had allowed, or a value it cannot hold."""


class StaleRow(StoreUnavailable):
    """A row was no longer as it was read although the session's lock was held: nothing was written."""
