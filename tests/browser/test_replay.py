"""What the invigilators could see, replayed by the jury: a lost line, a call, somebody on the way; by keyboard too."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

import pytest
from playwright.async_api import Browser, Locator, Route, StorageState, ViewportSize, expect

from tests.browser.accounts import hired, signed_in
from tests.browser.axe import Inspector
from tests.browser.closing import CLASSMATES, DESKTOP, Bench, ended_room
from tests.browser.hall import PHONE, Device, Hall
from tests.browser.screens import Desk, listed, press_until
from tests.story.client import Frame
from tests.story.hub import Hub
from tests.story.rooms import Room, World, accepted, eventually, ok

CALLER = CLASSMATES[0]
INVIGILATOR = "Ivan Surveille"
OFFLINE = "net::ERR_INTERNET_DISCONNECTED"
OVER, AWAY = 4011, 503
NARROW = {"width": 320, "height": 640}


@pytest.fixture(scope="session", autouse=True)
async def people(browser: Browser, hub: Hub, staff_state: dict[str, StorageState]) -> None:
    """A member of the jury, and an invigilator with two phones."""
    staff_state["jury"] = await signed_in(browser, hub, await hired(hub, "jury", "Jeanne Aubry"))
    staff_state["watcher"] = await signed_in(browser, hub, await hired(hub, "invigilator", INVIGILATOR))


@dataclass
class Said:
    """What one dashboard has told the hub of itself."""

    frames: list[Frame] = field(default_factory=list)

    @classmethod
    def by(cls, device: Device) -> Said:
        said = cls()

        def hear(text: str) -> str:
            frame = json.loads(text)
            if frame["type"] == "saw":
                said.frames.append(frame)
            return text

        device.wire.edit = hear
        return said

    async def until(self, what: str, **facts: object) -> Frame:
        async def found() -> Frame | None:
            fit = (one for one in reversed(self.frames) if all(one[name] == value for name, value in facts.items()))
            return next(fit, None)

        told: Frame = await eventually(found, f"{what} in {self.frames}", within=30)
        return told


async def watched(hall: Hall, room: Room) -> tuple[Desk, Said]:
    """Open a dashboard of the invigilator with two phones, and wait until it has told what it sees."""
    device = await hall.device("watcher")
    said = Said.by(device)
    typed = {"session_number": room.number, "password": room.password}
    answer = await device.context.request.post("/api/invigilations", data=typed, headers={"Origin": hall.hub.http_url})
    assert answer.ok, await answer.text()
    desk = await Desk(device, room).open()
    await said.until("a first word", freshness="live")
    return desk, said


@dataclass
class Lived:
    """A finalized room with two dashboards, of which one was without its line while somebody called."""

    room: Room
    caller: int
    record: str
    """What the hub answers to the jury, as it was sent."""


async def lived_room(hall: Hall, world: World) -> Lived:
    """Play it: two phones, and the board of the test's own client, which tells nothing of what it sees."""
    room = await world.room(CLASSMATES[:2])
    board = await room.board()
    caller = room.id(board)
    tab = await room.seated(board)
    steady, steady_said = await watched(hall, room)
    shaky, shaky_said = await watched(hall, room)
    await shaky.device.wire.cut()
    await expect(shaky.page.get_by_text("ce que vous voyez date d’il y a 10 s")).to_be_visible(timeout=20_000)
    ok(await tab.ask("help", kind="other", text="Mon écran est noir"))
    alerts = [{"candidate": caller, "need": "help"}]
    await steady_said.until("the call", alerts=alerts)
    await board.say({"type": "claim", "candidates": [caller]})
    await shaky.device.wire.mend()
    lost = await shaky_said.until("what was lost", freshness="offline")
    assert lost["age_ms"] >= 10_000, lost
    assert lost["alerts"] == [], "the call came while this phone saw nothing"
    await shaky_said.until("the call, late", freshness="live", alerts=alerts)
    shaky.device.forget(OFFLINE)
    ok(await tab.ask("finish"))
    accepted(await board.command("end_screen.see", [caller]))
    await expect(steady.need(CALLER)).to_have_count(0)
    await finalized(room)
    return Lived(room, caller, await record(await hall.device("jury"), room, consoles=3))


async def finalized(room: Room) -> None:
    world, where = room.world, f"/sessions/{room.number}/finalization"
    await world.api.call("PUT", where, world.staff.admin, json={"version": 0, "incident": False})
    shown = await world.api.call("GET", where, world.staff.admin)
    await world.api.call("POST", f"{where}/confirm", world.staff.admin, json={"version": shown["draft"]["version"]})


async def record(jury: Device, room: Room, consoles: int) -> str:
    """Wait until what is noted of every dashboard has ended with the finalization; return the whole record."""

    async def whole() -> str | None:
        answer = await jury.context.request.get(f"/api/jury/sessions/{room.number}/watch")
        assert answer.ok, await answer.text()
        over = [one for one in (await answer.json())["notes"] if one.get("code") == OVER]
        return await answer.text() if len(over) == consoles else None

    text: str = await eventually(whole, "the end of every dashboard", within=30)
    return text


class Replay:
    """The section of a case, in the words that stand there."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.page = bench, bench.page
        self.section = self.page.get_by_role("region", name="Ce que les surveillants pouvaient voir")

    async def open(self) -> Replay:
        await self.section.get_by_role("button", name="Revoir", exact=True).click()
        await expect(self.instant).to_be_visible()
        return self

    @property
    def instant(self) -> Locator:
        return self.section.get_by_role("slider", name="Instant rejoué")

    @property
    def heading(self) -> Locator:
        return self.section.get_by_role("heading", name=re.compile("^Ce qu’on pouvait voir le "))

    def button(self, name: str) -> Locator:
        return self.section.get_by_role("button", name=name, exact=True)

    def screen(self, device: str) -> Locator:
        """What one device showed: its card stands under the heading of the instant."""
        return self.section.locator(".screen").filter(has_text=device)

    async def then(self, event: str) -> None:
        """Go to the instant of a decision of the timeline."""
        await self.bench.events.filter(has_text=event).get_by_role("button", name="Ce qu’on voyait alors").click()
        await expect(self.page.get_by_role("heading", level=2, name="Ce que les surveillants")).to_be_focused()

    async def forward_to(self, shown: Locator) -> None:
        await press_until(self.button("Événement suivant"), shown)


SECTION_TARGETS = """
[...document.querySelectorAll(".replay :is(button, a[href], input, summary)")]
  .map((one) => one.matches("[type=checkbox]") ? one.closest("label") : one)
  .filter((one) => one.checkVisibility()).map((one) => [one.getBoundingClientRect(), one])
  .filter(([box]) => box.width < 43.5 || box.height < 43.5).map(([box, one]) => one.outerHTML.slice(0, 120))
"""


async def expect_room_of_section(device: Device) -> None:
    assert not await device.measure("document.documentElement.scrollWidth > innerWidth"), "it scrolls sideways"
    assert await device.measure(SECTION_TARGETS) == []


async def test_the_jury_finds_the_gap_the_call_and_who_went(hall: Hall, world: World) -> None:
    inspector = Inspector()
    lived = await lived_room(hall, world)
    expect_no_name(lived)
    bench = await Bench(await hall.device("jury", viewport=DESKTOP)).case(lived.room.number)
    replay = Replay(bench)
    await replay.then("A appelé le surveillant")
    steady, shaky = (replay.screen(f"{INVIGILATOR}, appareil {place}/2") for place in (1, 2))
    await expect(steady).to_contain_text("En direct")
    await expect(steady).to_contain_text("Rien à traiter sur cet écran.")
    await expect(shaky).to_contain_text("Hors ligne")
    await expect(shaky).to_contain_text(re.compile(r"données de \d+(,\d)? s"))
    await expect(replay.section.get_by_role("status")).to_contain_text("aucun besoin affiché")
    called = f"{listed(CALLER)} : appelle"
    await replay.forward_to(steady.get_by_text(called))
    await expect(shaky.get_by_text(called)).to_have_count(0)
    await expect(replay.section).to_contain_text("Personne n’avait dit y aller.")
    await replay.forward_to(replay.section.get_by_text(re.compile(f"va voir {re.escape(listed(CALLER))}$")))
    await expect(shaky).to_contain_text("Hors ligne")
    for size in (DESKTOP, PHONE):
        await bench.page.set_viewport_size(ViewportSize(**size))
        await inspector.look(bench.device, f"replay {size['width']}")
        await expect_room_of_section(bench.device)
    await replay.forward_to(shaky.get_by_text(called))
    await expect(shaky).to_contain_text("En direct")
    await replay.section.get_by_text("Tous les relevés (").click()
    rows = replay.section.get_by_role("row")
    await expect(rows.filter(has_text="Hors ligne, données de")).to_have_count(1)
    await expect(rows.filter(has_text=f"À traiter : {called}")).not_to_have_count(0)
    await inspector.look(bench.device, "records")
    await expect_room_of_section(bench.device)
    assert inspector.found == []


def expect_no_name(lived: Lived) -> None:
    """What was told holds ids and codes: the call is in it, and neither its words nor any name."""
    told = json.loads(lived.record)["notes"]
    assert {one["kind"] for one in told} == {"opened", "saw", "claimed", "closed"}
    assert {alert["candidate"] for one in told for alert in one.get("alerts", ())} == {lived.caller}
    words = [part for person in CLASSMATES for part in (person.last_name, person.first_name)]
    assert not [one for one in [*words, "écran", lived.room.access_code] if one in lived.record]


async def test_the_instant_is_moved_by_keys_and_the_section_reflows(hall: Hall, world: World) -> None:
    ended = await ended_room(world)
    await ended.finalized()
    device = await hall.device("jury", viewport=NARROW)
    await record(device, ended.room, consoles=1)
    bench = await Bench(device).case(ended.room.number)
    replay = await Replay(bench).open()
    await expect(replay.page.get_by_role("heading", level=2, name="Ce que les surveillants")).to_be_focused()
    await expect(replay.screen("Samuel Brun")).to_contain_text("Non renseigné")
    await expect_room_of_section(bench.device)
    await replay.instant.focus()
    # The room lived for less than a second: what is moved by a step at a time may stand at its beginning already.
    for key in ("End", "Home"):
        await replay.page.keyboard.press(key)
    before = replay.button("Événement précédent")
    await expect(before).to_have_attribute("title", "C’est le premier événement.")
    first = await replay.instant.input_value()
    await replay.page.keyboard.press("ArrowRight")
    await expect(replay.instant).not_to_have_value(first)
    spoken = await replay.instant.get_attribute("aria-valuetext")
    await expect(replay.heading).to_have_text(f"Ce qu’on pouvait voir le {spoken}")
    moved = await replay.instant.input_value()
    await before.focus()
    await replay.page.keyboard.press("Enter")
    await expect(replay.instant).not_to_have_value(moved)
    await expect(before).to_be_focused()
    await bench.button("English").click()
    await expect(bench.page.get_by_role("region", name="What the invigilators could see")).to_contain_text("Not told")


async def test_a_record_that_cannot_be_had_is_asked_for_again_and_an_empty_one_says_so(
    hall: Hall, world: World
) -> None:
    ended = await ended_room(world)
    await ended.finalized()
    bench = await Bench(await hall.device("jury")).case(ended.room.number)
    answers = [(AWAY, {"error": {"code": "store_unavailable"}}), (200, {"notes": [], "is_whole": True})]

    async def answer(route: Route) -> None:
        status, body = answers.pop(0)
        await route.fulfill(status=status, body=json.dumps(body), content_type="application/json")

    await bench.page.route("**/watch", answer)
    section = Replay(bench).section
    await section.get_by_role("button", name="Revoir").click()
    await expect(section).to_contain_text("Le serveur ne peut rien enregistrer pour l’instant.")
    bench.device.forgive(AWAY)
    await section.get_by_role("button", name="Réessayer").click()
    await expect(section).to_contain_text("Rien n’a été relevé")
