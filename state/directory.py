"""The directory in Postgres: one face, seven ideas behind it."""

from __future__ import annotations

from state.accounts import AccountsInPostgres
from state.candidate_list import CandidateListInPostgres
from state.database import Database
from state.exam_sessions import ExamSessionsInPostgres
from state.handovers import HandoversInPostgres
from state.imports import ImportsInPostgres
from state.invitations import InvitationsInPostgres
from state.rights import RightsInPostgres


class PostgresDirectory(
    AccountsInPostgres,
    InvitationsInPostgres,
    RightsInPostgres,
    HandoversInPostgres,
    ExamSessionsInPostgres,
    CandidateListInPostgres,
    ImportsInPostgres,
):
    """`hub.directory.Directory` on Postgres."""

    def __init__(self, database: Database) -> None:
        """Use this pool."""
        self._database = database
