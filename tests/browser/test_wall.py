"""The wall: every room at once, what is wrong above, one room beside; nothing moves by itself."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

from playwright.async_api import Browser, expect

from tests.browser.hall import PHONE, Hall
from tests.browser.screens import listed, press_until
from tests.browser.test_freshness import OFFLINE
from tests.browser.walls import ADMIN, OBSERVED, WALL, Center, Wall, new_center
from tests.story.api import Api
from tests.story.client import Dashboard
from tests.story.hub import Hub
from tests.story.rooms import CLASS, Staff, accepted, ok

TOP_OF_GRID = "document.querySelector('.room-grid').getBoundingClientRect().top + scrollY"


async def test_a_change_in_one_room_is_on_its_card_at_once_and_repaints_no_other(
    wall_hall: Hall, center: Center
) -> None:
    busy, quiet = await center.room(), await center.room()
    boards = [await room.board() for room in (busy, quiet)]
    wall = await Wall(await wall_hall.device("admin", **WALL)).open()
    card = wall.card(busy)
    await expect(card).to_contain_text("2 attendus")
    await expect(card).to_contain_text("1 surveillant")
    await expect(wall.card(quiet)).to_contain_text("1 surveillant")
    await expect(wall.strip).to_contain_text("Rien à signaler")
    await wall.device.measure(OBSERVED.format(number=quiet.number))
    tab = await busy.seated(boards[0])
    await expect(card).to_contain_text("1 en cours")
    await tab.progress(5)
    await expect(card).to_contain_text("5 réponses sur 32")
    await expect(card).to_contain_text("En cours")
    await expect(card).to_contain_text(re.compile(r"0:00 écoulé\s*1:45 restant"))
    ok(await tab.ask("finish"))
    await expect(card).to_contain_text("1 terminé")
    assert await wall.device.measure("window.changes") == 0


async def test_a_room_of_today_that_is_made_later_takes_its_place(wall_hall: Hall, center: Center) -> None:
    first = await center.room(site="Annexe", start_time="08:00")
    last = await center.room(site="Annexe", start_time="14:00")
    wall = await Wall(await wall_hall.device("admin", **WALL)).open()
    await expect(wall.link(last)).to_be_visible()
    between = await center.room(site="Annexe", start_time="10:00")
    await expect(wall.link(between)).to_be_visible(timeout=20_000)
    assert await wall.shown() == [f"Salle {room.number}" for room in (first, between, last)]


async def test_a_room_opened_before_the_wall_knows_it_is_named_as_soon_as_it_does(
    wall_hall: Hall, center: Center
) -> None:
    room = await center.room()
    device = await wall_hall.device("admin", **WALL)
    # The first list is empty, the second one has the room: as from a hub that is still opening a large center's rooms.
    lists = 0

    def edit(frame: str) -> str:
        nonlocal lists
        if not frame.startswith('{"type":"rooms"'):
            return frame
        lists += 1
        return frame if lists > 1 else '{"type":"rooms","rooms":[],"gone":[]}'

    device.wire.edit = edit
    wall = await Wall(device).open(f"?room={room.number}")
    await expect(wall.page.get_by_role("heading", name=f"Session {room.number}", exact=True).first).to_be_visible()
    board = await room.board()
    await room.seated(board)
    await expect(wall.heading(room)).to_be_visible()


async def test_a_room_is_read_beside_the_wall_and_commanded_after_a_take_over(wall_hall: Hall, center: Center) -> None:
    room = await center.room(CLASS)
    board = await room.board()
    wall = await Wall(await wall_hall.device("admin", **WALL)).open()
    panel = await wall.open_room(room)
    assert wall.page.url.endswith(f"/wall?room={room.number}")
    await expect(wall.heading(room)).to_be_focused()
    name = listed(CLASS[0])
    present = panel.get_by_role("button", name=f"Présent : {name}", exact=True)
    await expect(present).to_have_attribute("title", re.compile(r"^Lecture seule"))
    await expect(panel.get_by_text("Lecture seule", exact=True)).to_be_visible()
    await panel.get_by_role("button", name="Prendre la main 15 min").click()
    await wall.dialog("Prendre la main sur cette salle ?").get_by_role("button", name="Prendre la main 15 min").click()
    await expect(panel.get_by_text("Vous avez la main, encore 15 min")).to_be_visible()
    await press_until(present, panel.get_by_role("button", name=f"Annuler : {name}", exact=True))
    await board.row(room.id(board), lambda row: row["presence"]["by"] == ADMIN, "marked by the admin")
    await expect(wall.card(room)).to_contain_text(f"{ADMIN} a la main jusqu’à")
    await expect(wall.card(room)).to_contain_text("1 prêt")
    until = board.session["taken_over"][0]["until"]
    await panel.get_by_role("button", name="Prolonger de 15 min").click()
    await wall.dialog("Prendre la main sur cette salle ?").get_by_role("button", name="Prendre la main 15 min").click()
    await board.until(lambda: board.session["taken_over"][0]["until"] > until, "more time")
    assert len(board.session["taken_over"]) == 1


async def test_back_closes_the_room_and_gives_focus_back_to_its_card(wall_hall: Hall, center: Center) -> None:
    first, second = await center.room(), await center.room()
    wall = await Wall(await wall_hall.device("admin", **WALL)).open()
    panel = await wall.open_room(first)
    await wall.page.go_back()
    await expect(panel).to_have_count(0)
    await expect(wall.link(first)).to_be_focused()
    assert wall.page.url.endswith("/wall")
    await wall.open_room(first)
    await wall.open_room(second)
    await wall.button("Retour au mur").click()
    await expect(wall.link(second)).to_be_focused()
    assert wall.page.url.endswith("/wall")
    await wall.page.goto(f"/wall?room={first.number}")
    await expect(wall.heading(first)).to_be_focused()
    await wall.button("Retour au mur").click()
    await expect(wall.panel(first)).to_have_count(0)
    await expect(wall.link(first)).to_be_focused()


async def test_a_room_that_is_left_for_another_leaves_nothing_behind(wall_hall: Hall, center: Center) -> None:
    first, second = await center.room(CLASS[:2]), await center.room(CLASS[2:])
    board = await first.board()
    wall = await Wall(await wall_hall.device("admin", **WALL)).open()
    panel = await wall.open_room(first)
    await panel.get_by_role("searchbox").fill("zoe")
    await panel.get_by_role("button", name=re.compile(r"^Attendus")).click()
    await expect(panel.locator(".list").get_by_role("listitem").get_by_role("heading")).to_have_count(1)
    await board.until(lambda: admins(board) == [ADMIN], "the admin among the colleagues")
    panel = await wall.open_room(second)
    for person in CLASS[2:]:
        await expect(panel.get_by_role("heading", name=listed(person), exact=True)).to_be_visible()
    for person in CLASS[:2]:
        await expect(panel.get_by_role("heading", name=listed(person), exact=True)).to_have_count(0)
    await expect(panel.get_by_role("searchbox")).to_have_value("")
    await expect(panel.get_by_role("button", name=re.compile(r"^Tous"))).to_have_attribute("aria-pressed", "true")
    await board.until(lambda: admins(board) == [], "the admin has left the first room")


def admins(board: Dashboard) -> list[str]:
    """Name the center admins who have the room open now."""
    heard = [frame for frame in board.frames if frame["type"] == "colleagues"]
    return [one["name"] for one in heard[-1]["people"] if one["role"] == "center_admin"] if heard else []


async def test_what_needs_an_admin_is_pinned_above_a_grid_that_does_not_move(wall_hall: Hall, center: Center) -> None:
    room, calm = await center.room(), await center.room()
    board = await room.board()
    tab = await room.seated(board)
    wall = await Wall(await wall_hall.device("admin", **WALL)).open()
    await expect(wall.strip).to_contain_text("Rien à signaler")
    await expect(wall.page).to_have_title("Mur des salles – Vigie")
    top = await wall.device.measure(TOP_OF_GRID)
    ok(await tab.ask("help", kind="other", text="Rien ne s’affiche"))
    await wall.called(room)
    await expect(wall.alarm(room)).to_contain_text("Un candidat appelle : personne n’y va, alerte depuis")
    await expect(wall.page.get_by_role("status")).to_contain_text(f"Salle {room.number} : personne ne va voir")
    await board.close()
    await expect(wall.alarm(room)).to_contain_text(re.compile("Aucun surveillant depuis .* : les candidats continuent"))
    await expect(wall.card(room)).to_contain_text("Aucun surveillant depuis")
    await expect(wall.page).to_have_title("(1) Mur des salles – Vigie")
    assert await wall.device.measure(TOP_OF_GRID) == top
    await wall.page.get_by_label("Rechercher une salle").fill(str(calm.number))
    await expect(wall.card(room)).to_have_count(0)
    await wall.alarm(room).click()
    await expect(wall.link(room)).to_be_focused()
    back = await room.board()
    accepted(await back.command("help.resolve", room.id(back), help=help_of(back, room.id(back)), outcome="dismiss"))
    await expect(wall.strip).to_contain_text("Rien à signaler")
    await expect(wall.page).to_have_title("Mur des salles – Vigie")


def help_of(board: Dashboard, candidate: int) -> int:
    number: int = board.rows[candidate]["help"][0]["id"]
    return number


async def test_losing_the_walls_own_line_is_told_in_its_strip_and_troubles_no_room(
    wall_hall: Hall, center: Center
) -> None:
    room = await center.room()
    board = await room.board()
    await room.seated(board)
    wall = await Wall(await wall_hall.device("admin", **WALL)).open()
    await expect(wall.card(room)).to_contain_text("1 en cours")
    await wall.device.wire.cut()
    await expect(wall.chip("Hors ligne")).to_be_visible(timeout=15_000)
    await expect(wall.strip).to_contain_text("Ce mur a perdu sa liaison. Les salles continuent")
    await expect(wall.alarm(room)).to_have_count(0)
    await expect(wall.page).to_have_title("Mur des salles – Vigie")
    await wall.device.wire.mend()
    await expect(wall.chip("En direct")).to_be_visible(timeout=30_000)
    await expect(wall.strip).to_contain_text("Rien à signaler")
    wall.device.forget(OFFLINE)


async def test_a_room_verified_longer_ago_than_the_others_says_its_age(wall_hall: Hall, center: Center) -> None:
    stale, slow, fresh = [await center.room() for _ in range(3)]
    device = await wall_hall.device("admin", **WALL)

    def edit(frame: str) -> str:
        """Let the beat say that two rooms were verified a while ago: the hub of this test is in good health."""
        said = re.search(r'"server_time":"([^"]{19})', frame)
        if '"behind":[' not in frame or said is None:
            return frame
        old = [f'{{"session":{stale.number},"as_of":"2020-01-01T00:00:00Z"}}', just_before(slow.number, said[1])]
        return re.sub(r'"behind":\[.*?\]', f'"behind":[{",".join(old)}]', frame)

    device.wire.edit = edit
    wall = await Wall(device).open()
    await expect(wall.card(stale)).to_contain_text("Hors ligne, données vieilles de")
    await expect(wall.card(slow)).to_contain_text(re.compile(r"Lent, données vieilles de \d\s+s"))
    await expect(wall.card(fresh)).not_to_contain_text("données vieilles")
    await expect(wall.alarm(stale)).to_contain_text("Données vieilles de")
    await expect(wall.alarm(slow)).to_have_count(0)
    await expect(wall.chip("En direct")).to_be_visible()


def just_before(number: int, second: str) -> str:
    """Write when a room was verified: five seconds before this moment."""
    at = datetime.fromisoformat(second) - timedelta(seconds=5)
    return f'{{"session":{number},"as_of":"{at.isoformat()}Z"}}'


async def test_rooms_are_found_by_words_site_state_and_trouble(wall_hall: Hall, center: Center) -> None:
    hidden = await center.room(site="Lycée Évariste Galois", room="Amphithéâtre")
    running = await center.room(site="Annexe")
    board = await running.board()
    await running.seated(board)
    wall = await Wall(await wall_hall.device("admin", **WALL)).open()
    await expect(wall.card(running)).to_contain_text("1 en cours")
    names = ["Salle Amphithéâtre", f"Salle {running.number}"]
    assert sorted(await wall.shown()) == sorted(names)
    search = wall.page.get_by_label("Rechercher une salle")
    await search.fill("amphitheatre EVARISTE")
    await expect(wall.card(running)).to_have_count(0)
    await expect(wall.card(hidden)).to_be_visible()
    await search.fill("zzz")
    await expect(wall.rooms).to_contain_text("Aucune salle ne correspond à ces filtres.")
    await wall.button("Tout afficher").click()
    await wall.page.get_by_label("État").select_option(label="En cours")
    await expect(wall.card(hidden)).to_have_count(0)
    await wall.page.get_by_label("État").select_option(label="Tous")
    await wall.page.get_by_label("Site").select_option(label="Annexe")
    await expect(wall.card(hidden)).to_have_count(0)
    await wall.page.get_by_label("Site").select_option(label="Tous les sites")
    await board.close()
    await expect(wall.alarm(running)).to_be_visible()
    await wall.button("À voir (1)").click()
    await expect(wall.card(hidden)).to_have_count(0)
    await expect(wall.card(running)).to_be_visible()


async def test_an_admin_of_two_centers_chooses_one(
    browser: Browser, hub: Hub, staff: Staff, founder: str, tmp_path: Path
) -> None:
    async with Api(hub.http_url) as api:
        both = await new_center(browser, hub, api, founder, staff.invigilator, centers=2)
        first, second = both.names
        numbers = {name: await both.empty_room(name) for name in (first, second)}
        hall = Hall(browser, hub, {"admin": both.state}, tmp_path)
        wall = await Wall(await hall.device("admin", **WALL)).open()
        await expect(wall.rooms.get_by_role("link")).to_have_count(2)
        await wall.page.get_by_label("Centre").select_option(label=second)
        await expect(wall.rooms.get_by_role("link")).to_have_count(1)
        await expect(wall.rooms).to_contain_text(f"Session {numbers[second]}")
        await hall.leave()


async def test_on_a_phone_a_room_takes_the_whole_page_and_there_is_a_way_back(wall_hall: Hall, center: Center) -> None:
    room = await center.room()
    wall = await Wall(await wall_hall.device("admin", viewport=PHONE)).open()
    panel = await wall.open_room(room)
    await expect(wall.heading(room)).to_be_focused()
    await expect(wall.page.get_by_role("heading", name="Mur des salles")).to_be_hidden()
    width = await panel.evaluate("one => one.getBoundingClientRect().width")
    assert width == PHONE["width"]
    await wall.button("Retour au mur").click()
    await expect(wall.page.get_by_role("heading", name="Mur des salles")).to_be_visible()
    await expect(wall.link(room)).to_be_focused()


async def test_the_wall_is_for_a_centers_admins(hall: Hall) -> None:
    device = await hall.device("invigilator")
    await device.page.goto("/wall")
    await expect(device.page.get_by_text("Cette page est réservée aux responsables d’un centre.")).to_be_visible()
    stranger = await hall.device()
    await stranger.page.goto("/wall")
    await stranger.page.wait_for_url("**/?next=%2Fwall")
    admin = await hall.device("admin", **WALL)
    await admin.page.goto("/")
    await admin.page.get_by_role("link", name="Voir toutes les salles").click()
    await expect(admin.page.get_by_role("heading", level=1, name="Mur des salles")).to_be_visible()
    link = admin.page.get_by_role("navigation").get_by_role("link", name="Salles")
    await expect(link).to_have_attribute("aria-current", "page")
