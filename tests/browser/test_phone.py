"""A phone for real: it can be installed, shows its last room without network, and keeps nothing it should not."""

from __future__ import annotations

import json
import re
import struct

from playwright.async_api import Route, expect

from tests.browser.axe import Inspector
from tests.browser.hall import Hall
from tests.browser.phone import OFFLINE, keeping_desk, kept, names_stored, stored
from tests.browser.screens import Desk, listed
from tests.story.rooms import CLASS, World, accepted, eventually

MARK = re.compile(r"Hors ligne – liste de \d\d:\d\d")
OLD_CACHE = "caches.open('vigie-before').then((one) => one.put('/static/before.js', new Response('')))"
POLICIES = """
["other", "vigie-worker"].map((name) => {
  try { trustedTypes.createPolicy(name, {}); return "made"; } catch { return "refused"; }
})
"""
LOCKS = """
window.locks = [];
const ask = WakeLock.prototype.request;
WakeLock.prototype.request = async function (...kind) {
  const lock = await ask.apply(this, kind);
  window.locks.push(lock);
  return lock;
};
window.badges = [];
const badge = Navigator.prototype.setAppBadge;
Navigator.prototype.setAppBadge = function (count) {
  window.badges.push(count);
  return badge.call(this, count);
};
"""
"""Notes what the page asks the device for, and lets the device answer."""


async def test_the_page_can_be_installed_with_icons_that_are_what_they_say(hall: Hall, world: World) -> None:
    desk = await Desk(await hall.device("invigilator"), await world.room()).open()
    line = await desk.device.context.new_cdp_session(desk.page)
    read = await line.send("Page.getAppManifest")
    assert read["errors"] == []
    found = await line.send("Page.getInstallabilityErrors")
    # Every test has a window of its own that forgets everything, and from such a one nothing is installed.
    assert [fault["errorId"] for fault in found["installabilityErrors"]] == ["in-incognito"]
    manifest = json.loads(read["data"])
    assert (manifest["lang"], manifest["display"], manifest["start_url"]) == ("fr", "standalone", "/invigilate/")
    assert [icon["purpose"] for icon in manifest["icons"]] == ["any", "any", "any", "maskable"]
    for icon in manifest["icons"]:
        answer = await desk.device.context.request.get(icon["src"])
        assert answer.headers["content-type"] == icon["type"]
        if icon["type"] == "image/png":
            width, height = struct.unpack(">II", (await answer.body())[16:24])
            assert icon["sizes"] == f"{width}x{height}"
    page = await desk.device.context.request.get(manifest["start_url"])
    assert page.url == f"{hall.hub.http_url}/", "with network the icon leads to the first page"


async def test_the_worker_keeps_the_page_of_one_build_and_nothing_of_the_room(hall: Hall, world: World) -> None:
    room = await world.room()
    device = await hall.device("invigilator")
    await device.page.goto("/")
    await device.measure(OLD_CACHE)
    desk = await Desk(device, room).open()
    await kept(desk)

    async def is_one() -> bool:
        return len({one["cache"] for one in (await stored(device))["cached"]}) == 1

    await eventually(is_one, "the cache of another build is dropped", within=10)
    await device.page.reload()
    await expect(desk.chip("En direct")).to_be_visible()
    await desk.page.get_by_role("button", name=f"Session {room.number}").click()
    await expect(desk.dialog(f"Session {room.number}")).to_be_visible()
    cached = (await stored(device))["cached"]
    paths = {one["path"] for one in cached}
    assert all(path == "/invigilate/0" or path.startswith("/static/") for path in paths), paths
    plain = {path.rpartition("/")[2].partition(".")[0] for path in paths}
    assert plain >= {"0", "invigilator", "dialogs", "phone", "en"}
    everything = str(cached).casefold()
    assert not [person for person in CLASS if person.last_name.casefold() in everything]


async def test_the_pages_policy_lets_no_other_script_address_through(hall: Hall, world: World) -> None:
    desk = await keeping_desk(hall, await world.room())
    assert await desk.device.measure(POLICIES) == ["refused", "refused"]
    desk.device.forget("trusted-types")
    desk.device.forget("TrustedTypePolicy")


async def test_a_page_that_comes_back_without_network_shows_its_room_read_only(hall: Hall, world: World) -> None:
    room = await world.room()
    board = await room.board()
    await room.seated(board)
    desk = await keeping_desk(hall, room)
    await expect(desk.row(CLASS[0])).to_contain_text("En cours")
    said: list[str] = []
    desk.device.wire.edit = lambda frame: (said.append(frame), frame)[1]
    await desk.device.wire.cut()
    await desk.page.reload()
    await expect(desk.row(CLASS[0])).to_contain_text("En cours")
    await expect(desk.page.get_by_role("banner")).to_contain_text(MARK)
    await expect(desk.chip("Hors ligne")).to_be_visible()
    present = desk.step("Présent", CLASS[1])
    await expect(present).to_have_attribute("title", "En attente de la liaison")
    # Forced: it is focusable and says why it waits, but the tool takes it for disabled.
    await present.click(force=True)
    await desk.options(CLASS[1]).click()
    options = desk.dialog(listed(CLASS[1]))
    await expect(options).to_contain_text("31/12/2007")
    await expect(options.get_by_role("button", name="Absent")).to_have_attribute("aria-disabled", "true")
    await desk.page.keyboard.press("Escape")
    accepted(await board.command("presence.absent", room.id(board, 1)))
    await desk.device.wire.mend()
    await expect(desk.chip("En direct")).to_be_visible(timeout=25_000)
    await expect(desk.row(CLASS[1])).to_contain_text("Absent")
    await expect(desk.page.get_by_role("banner")).not_to_contain_text(MARK)
    await expect(desk.page.get_by_text("Liaison rétablie : tout est à jour.")).to_be_visible()
    frames = [json.loads(frame) for frame in said]
    ours = [frame for frame in frames if frame["type"] in ("hello", "presence.confirm", "presence.absent")]
    assert [frame["type"] for frame in ours] == ["hello"], "what was tapped offline is not done later"
    assert "position" not in ours[0], "what was kept is never told to the hub as known"
    assert any(frame["type"] == "snapshot" for frame in frames)
    desk.device.forget(OFFLINE)


async def test_beats_alone_make_no_kept_room_live(hall: Hall, world: World) -> None:
    room = await world.room()
    desk = await keeping_desk(hall, room)
    wire = desk.device.wire
    await wire.cut()
    await desk.page.reload()
    await expect(desk.page.get_by_role("banner")).to_contain_text(MARK)
    beats: list[str] = []

    def without_snapshots(frame: str) -> str:
        if '"type":"beat"' in frame:
            beats.append(frame)
        return frame.replace('"type":"snapshot"', '"type":"unheard_of"')

    wire.edit = without_snapshots
    await wire.mend()
    await eventually(lambda: is_more(beats, 2), "beats on the new line", within=25)
    await expect(desk.page.get_by_role("banner")).to_contain_text(MARK)
    await expect(desk.chip("Hors ligne")).to_be_visible()
    await expect(desk.step("Présent", CLASS[1])).to_have_attribute("title", "En attente de la liaison")
    wire.edit = lambda frame: frame
    await wire.close_all()
    await expect(desk.chip("En direct")).to_be_visible(timeout=25_000)
    desk.device.forget(OFFLINE)


async def is_more(found: list[str], before: int) -> bool:
    return len(found) > before


async def test_without_network_the_chosen_language_and_the_dialogs_are_there(hall: Hall, world: World) -> None:
    inspector = Inspector()
    room = await world.room()
    desk = await keeping_desk(hall, room)
    await desk.device.measure("localStorage.setItem('vigie.language', 'en')")
    await desk.device.wire.cut()
    await desk.page.reload()
    await expect(desk.page.get_by_role("banner")).to_contain_text(re.compile(r"Offline – list of \d\d:\d\d"))
    await inspector.look(desk.device, "a room kept by the phone")
    await desk.page.get_by_role("button", name=f"Session {room.number}").click()
    menu = desk.dialog(f"Session {room.number}")
    await expect(menu.get_by_role("link", name="Leave the session")).to_be_visible()
    await expect(menu.get_by_text("Access code")).to_have_count(0)
    assert room.access_code not in str(await stored(desk.device)), "the code that opens the test is not kept"
    assert inspector.found == []
    desk.device.forget(OFFLINE)


async def test_the_icon_leads_to_the_last_room_when_there_is_no_network(hall: Hall, world: World) -> None:
    room = await world.room()
    desk = await keeping_desk(hall, room)
    await desk.device.wire.cut()
    await desk.page.goto("/invigilate/")
    await expect(desk.page).to_have_url(re.compile(rf"/invigilate/{room.number}$"))
    await expect(desk.row(CLASS[0])).to_be_visible()
    await expect(desk.page.get_by_role("banner")).to_contain_text(MARK)
    desk.device.forget(OFFLINE)


async def test_a_network_that_does_not_answer_or_a_hub_that_is_down_is_as_none(hall: Hall, world: World) -> None:
    room = await world.room()
    desk = await keeping_desk(hall, room)

    asked: list[Route] = []

    async def down(route: Route) -> None:
        asked.append(route)
        await route.fulfill(status=503, body="bad gateway")

    async def silent(route: Route) -> None:
        asked.append(route)

    for behave in (down, silent):
        await desk.device.context.route(f"**/invigilate/{room.number}", behave)
        await desk.page.reload(wait_until="commit")
        await expect(desk.row(CLASS[0])).to_be_visible()
        await expect(desk.chip("En direct")).to_be_visible()
        await desk.device.context.unroute(f"**/invigilate/{room.number}")
    assert len(asked) == 2, "the network comes first each time"


async def test_a_room_written_by_another_build_is_not_shown(hall: Hall, world: World) -> None:
    room = await world.room()
    desk = await keeping_desk(hall, room)
    key = f"vigie.room.{room.number}"
    await desk.device.wire.cut()
    await desk.device.measure(
        f"localStorage.setItem('{key}', localStorage.getItem('{key}').replace(/static.invigilator[^\"]+/, 'before.js'))"
    )
    await desk.page.reload()
    await expect(desk.page.get_by_text("Le serveur ne répond pas. Nouvel essai automatique…")).to_be_visible()
    await expect(desk.row(CLASS[0])).to_have_count(0)
    assert await names_stored(desk.device, CLASS[:1]) != [], "the test reached what is kept"
    desk.device.forget(OFFLINE)


async def test_the_screen_is_kept_on_again_after_the_system_took_that_back(hall: Hall, world: World) -> None:
    room = await world.room()
    board = await room.board()
    device = await hall.device("invigilator")
    await device.context.add_init_script(LOCKS)
    desk = await Desk(device, room).open()

    async def held(count: int) -> bool:
        return bool(await device.measure(f"locks.length === {count} && locks.at(-1).released === false"))

    await eventually(lambda: held(1), "the screen is kept on", within=15)
    await device.measure("locks[0].release()")
    await desk.row(CLASS[0]).click()
    await eventually(lambda: held(2), "asked for again at the next touch", within=5)
    await desk.row(CLASS[0]).click()
    assert await held(2), "once is enough"
    tab = await room.seated(board)
    await tab.ask("help", kind="other", text="Aide")

    async def badged() -> bool:
        return bool(await device.measure("badges.at(-1) === 1"))

    await eventually(badged, "the icon says that somebody calls", within=10)
    await expect(desk.page).to_have_title(re.compile(r"^\(1\) "))
