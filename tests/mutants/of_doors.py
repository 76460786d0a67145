"""Guards of the web's doors: origins, rights, brakes."""

from __future__ import annotations

from typing import Final

from tests.mutants.mutant import Mutant, quick, thorough

_HANDOVERS = "tests/web/test_handovers.py"

OF_DOORS: Final[tuple[Mutant, ...]] = (
    thorough(
        "a page of somebody else uses a login",
        "web/access.py",
        '    if not is_allowed_origin(origins, request):\n        raise Refused(403, "origin_not_allowed")\n',
        "",
        "tests/web/test_accounts.py::test_a_cookie_alone_changes_nothing_from_another_page",
    ),
    thorough(
        "a login counts without saying from which page",
        "web/access.py",
        '    if login_cookie(request) is not None and "origin" not in request.headers:\n'
        '        raise Refused(403, "origin_not_allowed")\n',
        "",
        "tests/web/test_accounts.py::test_a_cookie_alone_changes_nothing_from_another_page",
    ),
    quick(
        "who guesses goes on guessing",
        "web/throttle.py",
        '                raise Refused(429, "too_many_attempts", after_ms=self._after_ms(brake, value))\n',
        "                continue\n",
        "tests/web/test_throttle.py",
    ),
    thorough(
        "who sees a session prepares it",
        "web/access.py",
        "return account.role is Role.CENTER_ADMIN and center in account.centers\n",
        "return center is not None\n",
        "tests/web/test_rights.py::test_every_address_opens_to_whom_the_table_says_and_to_nobody_else",
    ),
    thorough(
        "who sees a session commands it",
        "web/access.py",
        "    if await require_sight(directory, account, number) is not Standing.COMMAND:\n",
        "    if await require_sight(directory, account, number) is Standing.NONE:\n",
        f"{_HANDOVERS}::test_an_admin_hands_over_after_taking_over_and_not_before",
    ),
    thorough(
        "the jury sees a session that is not finalized",
        "web/access.py",
        "    if detail is None or not may_judge(account, detail.summary):\n",
        "    if detail is None:\n",
        "tests/web/test_jury.py::test_the_jury_reads_nothing_of_a_session_before_its_finalization",
    ),
    thorough(
        "the jury prints a session that is not finalized",
        "web/access.py",
        "detail is not None and may_judge(account, detail.summary)",
        "detail is not None",
        "tests/web/test_jury.py::test_the_jury_reads_nothing_of_a_session_before_its_finalization",
    ),
    thorough(
        "an admin prepares whatever they were let into",
        "web/access.py",
        "    if not may_prepare(account, detail.summary.center):\n        raise Refused(403, Code.FORBIDDEN)\n",
        "",
        "tests/web/test_rights.py::test_every_address_opens_to_whom_the_table_says_and_to_nobody_else",
    ),
    thorough(
        "a secret voids those of everybody in the room",
        "state/handovers.py",
        "number = :number AND given_by = :by AND opened_at IS NULL)",
        "number = :number AND opened_at IS NULL)",
        f"{_HANDOVERS}::test_another_secret_voids_neither_a_ticket_nor_anybody_elses_secret_nor_that_of_another_room",
    ),
    thorough(
        "a ticket opens any room",
        "state/case.py",
        "found is not None and found.number == self._number else None",
        "found is not None else None",
        f"{_HANDOVERS}::test_a_ticket_is_worth_nothing_in_another_room",
    ),
    quick(
        "a request comes from two pages at once",
        "web/access.py",
        "len(said) <= 1 and all(",
        "all(",
        "tests/web/test_access.py::test_a_request_comes_from_one_page_of_ours_or_from_no_page",
    ),
    quick(
        "an admin invites into the centers of others",
        "web/access.py",
        " and set(centers) <= set(account.centers)",
        "",
        "tests/web/test_access.py::test_an_admin_invites_their_like_and_below_in_their_own_centers",
    ),
    thorough(
        "who was let in for a while reads the session's password",
        "web/access.py",
        " and not await directory.has_entered(account.id, number):\n",
        " and not detail.summary.number:\n",
        f"{_HANDOVERS}::test_who_was_let_in_for_a_while_never_reads_the_session_password",
    ),
)
