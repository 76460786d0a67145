"""The directory in Postgres: one face, three ideas behind it."""

from __future__ import annotations

from state.accounts import AccountsInPostgres
from state.database import Database
from state.exam_sessions import ExamSessionsInPostgres
from state.imports import ImportsInPostgres


class PostgresDirectory(AccountsInPostgres, ExamSessionsInPostgres, ImportsInPostgres):
    """`hub.directory.Directory` on Postgres."""

    def __init__(self, database: Database) -> None:
        """Use this pool."""
        self._database = database
