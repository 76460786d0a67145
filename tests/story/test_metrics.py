"""After a played story the figures say what happened, and of whom they say nothing."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from websockets.exceptions import InvalidStatus

from tests.story.api import Api
from tests.story.background import stopped
from tests.story.client import Candidate, dial
from tests.story.hub import Hub
from tests.story.rooms import Room, World, accepted, eventually, log_in, ok, refused

ROOT = Path(__file__).resolve().parents[2]
DASHBOARD = ROOT / "deploy" / "grafana" / "vigie.json"
ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yml"
PAGE = ROOT / "docs" / "metrics.md"

_NAME = re.compile(r"\b(?:vigie|process|python)_[a-z0-9_]+")
_SELECTOR = re.compile(r"\b((?:vigie|process)_[a-z0-9_]+)\{([^}]*)\}")
_CONDITION = re.compile(r'(\w+)(=~|!=|!~|=)"([^"]*)"')
_GROUPING = re.compile(r"\b(?:by|without) \(([^)]*)\)")
_DOCUMENTED = re.compile(r"^\| `(vigie_\w+)(?:\{([\w,]+)\})?` \|", re.MULTILINE)
_EXPRESSION = re.compile(r"^ +expr: (.+)$", re.MULTILINE)
OF_PROMETHEUS = frozenset({"instance", "job", "le"})
"""Labels that no family has by itself."""

Labels = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Figures:
    """One reading of a hub's figures."""

    text: str
    samples: Mapping[tuple[str, Labels], float]

    def __call__(self, name: str, **labels: str) -> float:
        """Return one figure; what was never counted is none."""
        return self.samples.get((name, frozenset(labels.items())), 0.0)

    @property
    def families(self) -> Mapping[str, str]:
        """Return the public names with their kinds."""
        return dict(re.findall(r"^# TYPE (\S+) (\S+)$", self.text, re.MULTILINE))

    def labels_of(self, name: str) -> set[frozenset[str]]:
        """Return which labels the samples of a family have."""
        own = (name, f"{name}_bucket", f"{name}_count", f"{name}_sum")
        return {frozenset(one for one, _ in labels) - {"le"} for sample, labels in self.samples if sample in own}


def read(text: str) -> Figures:
    families = text_string_to_metric_families(text)
    samples = {(one.name, frozenset(one.labels.items())): one.value for family in families for one in family.samples}
    return Figures(text, samples)


async def figures(world: World) -> Figures:
    answer = await world.api.http.get("/metrics")
    assert answer.status_code == 200, answer.text
    return read(answer.text)


# ── the story ──────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Told:
    """A story that was played: the figures before it and after it, and what must stand in none of them."""

    before: Figures
    after: Figures
    canaries: Mapping[str, str]

    def grew(self, name: str, **labels: str) -> float:
        return self.after(name, **labels) - self.before(name, **labels)


async def played(world: World) -> Told:
    """Let one candidate in after a wrong code, answer three questions, lose the line, come back, finish."""
    before = await figures(world)
    with pytest.raises(InvalidStatus):
        await dial(world.hub.ws_url, "/ws/candidate", origin="https://evil.example")
    room = await world.room()
    board = await room.board()
    one = room.id(board)
    tab = await room.tab()
    accepted(await board.command("presence.confirm", one))
    refused(await tab.enter("WRONG1"), "access_code_invalid")
    ok(await tab.enter(room.access_code))
    for answered in (1, 2, 2, 3):
        await tab.progress(answered)
    await board.row(one, lambda row: (row["progress"] or {}).get("answered") == 3, "three answers")
    back = await came_back(room, tab, world)
    ok(await back.ask("finish", answered=4, total=32))
    await board.row(one, lambda row: row["attempt"] == "finished", "the end")
    refused(await back.ask("candidate.dance"), "unknown_type")
    await back.say("not a frame at all")
    assert await back.closing() == 4000
    world.lines.remove(back)
    after = await eventually(lambda: settled(world, before), "every figure")
    return Told(before, after, canaries_of(room, [tab, back], board.rows[one], world))


async def came_back(room: Room, tab: Candidate, world: World) -> Candidate:
    """Break the line and sit down again with the same token, by the fast door."""
    tab.abort()
    back: Candidate = await room.tab(token=tab.token)  # type: ignore[attr-defined]
    await back.told("the test again", in_test=True)
    return back


async def settled(world: World, before: Figures) -> Figures | None:
    """Read the figures once what comes late is counted: the flush of every five seconds, the closed sockets."""
    now = await figures(world)
    name = "vigie_progress_flushed_rows_total"
    is_closed = now("vigie_sockets_open", role="candidate") == before("vigie_sockets_open", role="candidate")
    return now if is_closed and now(name) > before(name) else None


def canaries_of(room: Room, tabs: list[Candidate], row: Mapping[str, Any], world: World) -> Mapping[str, str]:
    person = room.people[0]
    secrets = {
        "last name": person.last_name,
        "first name": person.first_name,
        "birthdate": person.birthdate,
        "access code": room.access_code,
        "password": room.password,
        "staff token": world.staff.invigilator,
        "admin token": world.staff.admin,
        "certification": str(row["certification_number"]),
        "session": str(room.number),
        "site": "Lycée des essais",
    }
    for place, tab in enumerate(tabs):
        welcome = next(frame for frame in tab.frames if frame["type"] == "welcome")
        secrets[f"connection {place}"] = welcome["connection"]
        secrets[f"token {place}"] = tab.token  # type: ignore[attr-defined]
    return secrets


@pytest.fixture(scope="module")
async def told(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Told]:
    """Play it on a hub of its own: what others left behind would count too."""
    hub = Hub(tmp_path_factory.mktemp("figures") / "var")
    await asyncio.to_thread(hub.start)
    try:
        async with Api(hub.http_url) as api:
            world = World(hub, api, await log_in(hub))
            yield await played(world)
            await world.leave()
    finally:
        await stopped(hub)


# ── what happened ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_sockets_are_counted_as_they_come_are_refused_and_go(told: Told) -> None:
    assert told.grew("vigie_sockets_accepted_total", role="candidate") == 2
    assert told.grew("vigie_sockets_accepted_total", role="invigilator") == 1
    assert told.grew("vigie_sockets_refused_total", role="candidate", reason="origin") == 1
    assert told.grew("vigie_sockets_closed_total", role="candidate", code="4000") == 1
    assert told.grew("vigie_sockets_closed_total", role="candidate", code="left") == 1
    assert told.grew("vigie_sockets_open", role="candidate") == 0
    assert told.grew("vigie_sockets_open", role="invigilator") == 1
    assert told.grew("vigie_hello_seconds_count", role="candidate") == 2
    assert told.after("vigie_hellos_waiting", role="candidate") == 0


async def test_decisions_are_counted_by_deed_and_outcome_and_timed(told: Told) -> None:
    assert told.grew("vigie_decision_seconds_count", command="enter", outcome="accepted") == 1
    assert told.grew("vigie_decision_seconds_count", command="enter", outcome="refused") == 1
    assert told.grew("vigie_decision_seconds_count", command="finish", outcome="accepted") == 1
    assert told.grew("vigie_decision_seconds_count", command="presence.confirm", outcome="accepted") == 1
    assert 0 < told.grew("vigie_decision_seconds_sum", command="enter", outcome="accepted") < 5
    assert told.grew("vigie_replies_refused_total", role="candidate", code="access_code_invalid") == 1
    assert told.grew("vigie_decisions_committed_total") >= 3
    assert told.grew("vigie_decisions_told_total", outcome="applied") >= 3
    assert told.grew("vigie_postgres_transaction_seconds_count") >= 3
    assert told.after("vigie_decisions_waiting") == 0


async def test_progress_is_accepted_left_behind_and_written(told: Told) -> None:
    assert told.grew("vigie_progress_total", outcome="accepted") == 3
    assert told.grew("vigie_progress_total", outcome="behind") == 1
    assert told.grew("vigie_progress_flushed_rows_total") >= 1
    assert told.grew("vigie_progress_flush_seconds_count") >= 1
    assert told.grew("vigie_redis_calls_total", script="progress") == 3


async def test_a_client_that_is_back_by_the_fast_door_is_counted_as_such(told: Told) -> None:
    assert told.grew("vigie_returns_total", by="door") == 1
    assert told.grew("vigie_returns_total", by="ledger") == 0
    assert told.grew("vigie_lines_lost_total", stage="interrupted", cause="candidate") == 0


async def test_what_was_heard_is_counted_by_type_and_what_was_no_frame_as_such(told: Told) -> None:
    counted = {
        kind: told.grew("vigie_frames_received_total", role="candidate", type=kind)
        for kind in ("hello", "enter", "progress", "finish", "invalid")
    }
    assert counted == {"hello": 2, "enter": 2, "progress": 4, "finish": 1, "invalid": 1}
    assert told.grew("vigie_replies_refused_total", role="candidate", code="unknown_type") == 1
    assert told.grew("vigie_frames_received_total", role="invigilator", type="presence.confirm") == 1


async def test_what_was_sent_is_counted_by_type_and_delivery_is_timed(told: Told) -> None:
    assert told.grew("vigie_frames_sent_total", role="candidate", type="welcome") == 2
    assert told.grew("vigie_frames_sent_total", role="candidate", type="bye") == 1
    assert told.grew("vigie_frames_sent_total", role="invigilator", type="snapshot") >= 1
    assert told.grew("vigie_frames_sent_total", role="invigilator", type="events") >= 5
    assert told.grew("vigie_frames_sent_total", role="invigilator", type="beat") >= 1
    assert told.grew("vigie_sent_bytes_total", role="invigilator") > 1000
    assert told.grew("vigie_delivery_seconds_count", role="invigilator") >= 5
    assert 0 < told.grew("vigie_delivery_seconds_sum", role="invigilator") < 5


async def test_the_room_is_fresh_and_the_process_says_how_it_is(told: Told) -> None:
    assert told.after("vigie_rooms_open") >= 1
    assert told.after("vigie_data_age_seconds") < 3
    assert (told.after("vigie_degraded", part="live"), told.after("vigie_degraded", part="decisions")) == (0, 0)
    assert told.grew("vigie_loop_lag_seconds_count") > 20
    assert told.after("vigie_redis_memory_bytes") > 100_000
    assert told.after("vigie_postgres_pool_size", pool="work") == 16
    assert told.after("process_resident_memory_bytes") > 10_000_000
    assert told.after("process_open_fds") > 10
    assert told.after("vigie_tasks") > 10
    assert told.grew("vigie_bell_rings_total") >= 5


# ── what is never said ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_no_name_token_code_number_or_connection_stands_in_the_figures(told: Told) -> None:
    words = {value for _, labels in told.after.samples for _, value in labels}
    for what, secret in told.canaries.items():
        assert not any(secret in word for word in words), what
        # A session's number may be part of some count; everything else is nowhere at all.
        assert what == "session" or secret not in told.after.text, what


async def test_labels_hold_words_of_the_program_only(told: Told) -> None:
    numbers = {"le", "code", "generation", "status", "python", "version"}
    for name, labels in told.after.samples:
        for label, value in labels:
            assert len(value) < 80, (name, label, value)
            assert label in numbers or not value.isdigit(), (name, label, value)


# ── what is written about them ─────────────────────────────────────────────────────────────────────────────────────


def documented() -> Mapping[str, frozenset[str]]:
    return {name: frozenset(filter(None, labels.split(","))) for name, labels in _DOCUMENTED.findall(PAGE.read_text())}


async def test_the_page_names_every_figure_and_no_other(told: Told) -> None:
    exposed = {name for name in told.after.families if name.startswith("vigie_")}
    assert set(documented()) == exposed


async def test_the_page_names_the_labels_of_every_figure(told: Told) -> None:
    for name, labels in documented().items():
        found = told.after.labels_of(name)
        assert found <= {labels}, (name, labels, found)


def panels() -> Iterator[Mapping[str, Any]]:
    yield from (one for one in json.loads(DASHBOARD.read_text())["panels"] if one["type"] != "row")


def expressions() -> Mapping[str, str]:
    """Return every PromQL expression of the two files, by where it stands."""
    queries = {
        f"{panel['title']} {target['refId']}": target["expr"] for panel in panels() for target in panel["targets"]
    }
    rules = {f"alert {place}": rule for place, rule in enumerate(_EXPRESSION.findall(ALERTS.read_text()))}
    return queries | rules


async def test_dashboard_and_alerts_ask_only_for_what_is_exposed(told: Told) -> None:
    known = set(told.after.families)
    for name, kind in told.after.families.items():
        known |= {f"{name}_bucket", f"{name}_count", f"{name}_sum"} if kind == "histogram" else set()
    for where, expression in expressions().items():
        names = set(_NAME.findall(expression))
        assert names or "up{" in expression, where
        assert names <= known, (where, names - known)


async def test_dashboard_and_alerts_choose_by_labels_and_values_that_exist(told: Told) -> None:
    chosen = 0
    for where, expression in expressions().items():
        for name, conditions in _SELECTOR.findall(expression):
            wanted = {
                (label, value)
                for label, sign, value in _CONDITION.findall(conditions)
                if sign == "=" and label not in ("instance", "job")
            }
            if wanted:
                assert any(one == name and wanted <= labels for one, labels in told.after.samples), (where, name)
            chosen += bool(wanted)
    assert chosen >= 7, "the two files are read"


async def test_dashboard_and_alerts_group_by_labels_that_exist(told: Told) -> None:
    labels = {label for _, pairs in told.after.samples for label, _ in pairs} | OF_PROMETHEUS
    for where, expression in expressions().items():
        for group in _GROUPING.findall(expression):
            assert {one.strip() for one in group.split(",")} <= labels, where


def test_the_dashboard_can_be_imported_and_its_panels_do_not_overlap() -> None:
    dashboard = json.loads(DASHBOARD.read_text())
    assert {"title", "uid", "panels", "schemaVersion", "templating", "time"} <= set(dashboard)
    assert "id" not in dashboard, "an id belongs to one Grafana"
    variables = {one["name"] for one in dashboard["templating"]["list"]}
    assert set(re.findall(r"\$\{?([a-z]+)\b", json.dumps(dashboard["panels"]))) <= variables
    taken: set[tuple[int, int]] = set()
    for one in dashboard["panels"]:
        place = one["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert max(x for x, _ in cells) < 24
        assert not cells & taken, one["title"]
        taken |= cells
    identities = [one["id"] for one in dashboard["panels"]]
    assert len(identities) == len(set(identities))
    rows = [one["title"] for one in dashboard["panels"] if one["type"] == "row"]
    assert rows == ["Is it well?", "Peaks", "Delivery", "Redis", "PostgreSQL", "Process"]


def test_every_alert_says_how_bad_it_is_and_what_to_do() -> None:
    rules = ALERTS.read_text().split("- alert: ")[1:]
    names = [rule.split("\n", 1)[0] for rule in rules]
    assert len(names) == len(set(names)) >= 8
    for rule in rules:
        assert re.search(r"^ +severity: (page|warn)$", rule, re.MULTILINE), rule
        assert re.search(r'^ +summary: ".{10,100}"$', rule, re.MULTILINE), rule
        assert re.search(r'^ +description: ".{40,}"$', rule, re.MULTILINE), rule
        assert len(_EXPRESSION.findall(rule)) == 1, rule
