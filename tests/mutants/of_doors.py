"""Guards of the web's doors: origins, rights, brakes."""

from __future__ import annotations

from typing import Final

from tests.mutants.mutant import Mutant, quick, thorough

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
        "tests/web/test_handovers.py::test_an_admin_hands_over_after_taking_over_and_not_before",
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
        "tests/web/test_handovers.py::test_who_was_let_in_for_a_while_never_reads_the_session_password",
    ),
)
