"""Who might attack, and what must stop them: each line fails when its guard is gone.

Here two hubs serve the same real stores (`tests/faults/rig.py`), asked from outside; what another file proves already is
named and not written twice.

| attack | proved by |
|---|---|
| a page of somebody else opens a socket, or makes a browser write | `test_origins`; `tests/web/test_accounts.py`, `tests/web/test_handovers.py` |
| any address or command as anybody: strangers, other rooms, other centers, rights that have ended | `test_rights`; `tests/web/test_rights.py` (the table in the code against the code) |
| ids of others inside messages; a candidate's token as staff's, and the other way | `test_rights`; `tests/story/test_rights.py` |
| a right that was taken back is used on another node | `test_revocation`; `tests/contract/test_directory.py` |
| which sessions, people and accounts there are: by answers, by times | `test_guessing`; `tests/story/test_rights.py`, `tests/web/test_accounts.py` |
| guessing passwords, links and identities; keeping others out by guessing | `test_guessing`; `tests/web/test_throttle.py`, `tests/web/test_sessions.py`, `tests/web/test_handovers.py` |
| guessing access codes | `tests/story/test_entry.py`, `tests/story/test_slow.py` |
| another address with each try | `test_forwarded`; `tests/web/test_doors.py` |
| frames at the limit, fragments, pings, guesses and calls without end | `test_floods`; `tests/story/test_wire.py`, `tests/channels/test_rates.py` |
| more sockets or handshakes than one address needs | `tests/web/test_doors.py` |
| whoever does not read | `test_floods`; `tests/channels/test_telling.py`, `tests/web/test_socket_protocol.py` |
| slow handshakes, a hello that never comes, compression | `tests/web/test_server.py`, `tests/story/test_slow.py` |
| peers that are half there, either way | `tests/story/test_slow.py`, `tests/faults/test_lines.py`, `tests/web/test_socket_protocol.py` |
| frames, bodies, entries and rings that are nonsense, by the thousand | `test_frames`; `tests/channels/test_wire.py`, `tests/story/test_hostile.py` |
| somebody writes into Redis what nobody can read | `test_poisoned_redis` |
| somebody writes into Redis what nobody decided | `tests/faults/test_presence.py`, `tests/conversations/test_two_nodes.py` |
| names that run, turn or hide: tables, papers, logs | `test_names`; `tests/web/test_exports.py`, `tests/web/test_roster_csv.py` |
| the same on the pages, in a real browser | `tests/browser/test_names.py`, `tests/web/test_pages.py` |
| files that are not what they say | `test_uploads`; `tests/web/test_documents.py` |
| names and secrets in logs, figures, addresses, Redis, command lines, refusals | `test_canaries`; `tests/web/test_secrets.py`, `tests/web/test_errors.py` |
| packages that are not the ones we chose | `tests/test_locks.py` |
"""  # noqa: E501
