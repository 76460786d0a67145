"""Several rooms started together: who can, who cannot and why, and what became of each."""

from __future__ import annotations

import json

from playwright.async_api import Locator, Request, Route, expect

from tests.browser.hall import Hall
from tests.browser.walls import ADMIN, WALL, Center, Wall
from tests.story.rooms import Room, ok


def outcome(dialog: Locator, room: Room) -> Locator:
    return dialog.get_by_role("listitem").filter(has_text=f"Salle {room.number},")


async def chosen(wall: Wall, *rooms: Room) -> None:
    """Tick rooms on their cards and ask for their start."""
    await wall.button("Démarrer plusieurs salles…").click()
    for room in rooms:
        await wall.card(room).get_by_role("checkbox").check()
    await expect(wall.page.get_by_text(f"{len(rooms)} salles choisies")).to_be_visible()
    await wall.button("Démarrer ensemble…").click()


async def test_rooms_start_together_and_who_cannot_is_told_why_before(wall_hall: Hall, center: Center) -> None:
    first, second, begun = [await center.room() for _ in range(3)]
    boards = {room.number: await room.board() for room in (first, second, begun)}
    ok(await boards[begun.number].ask("session.start"))
    wall = await Wall(await wall_hall.device("admin", **WALL)).open()
    await expect(wall.card(begun)).to_contain_text("En cours")
    await chosen(wall, first, begun, second)
    preview = wall.dialog("Démarrer 2 salles ensemble ?")
    await expect(preview).to_contain_text("Vous prenez la main sur chacune de ces 2 salles pendant 15 minutes.")
    await expect(outcome(preview, begun)).to_contain_text("déjà commencée à")
    await expect(outcome(preview, first)).to_contain_text("2 candidats pas encore présents")
    await expect(preview.get_by_role("button", name="Annuler")).to_be_focused()
    await preview.get_by_role("button", name="Démarrer 2 salles").click()
    result = wall.dialog("Résultat du démarrage")
    for room in (first, second):
        await expect(outcome(result, room)).to_contain_text("Démarrée")
        await expect(outcome(result, room)).to_contain_text(room.access_code)
        board = boards[room.number]
        await board.until(lambda board=board: board.session["started_at"], "the start")  # type: ignore[misc]
        assert [one["by"] for one in board.session["taken_over"]] == [ADMIN]
    assert boards[begun.number].session["taken_over"] == []
    await result.get_by_role("button", name="Fermer").last.click()
    await expect(wall.button("Démarrer plusieurs salles…")).to_be_visible()
    await expect(wall.card(first)).to_contain_text(f"{ADMIN} a la main jusqu’à")


async def test_what_failed_is_tried_again_with_the_same_keys(wall_hall: Hall, center: Center) -> None:
    fine, failing = await center.room(), await center.room()
    wall = await Wall(await wall_hall.device("admin", **WALL)).open()
    keys: list[tuple[str, str]] = []

    def note(request: Request) -> None:
        if request.method == "POST" and f"/sessions/{failing.number}/commands" in request.url:
            body = json.loads(request.post_data or "{}")
            keys.append((body["type"], body["key"]))

    async def lose_the_start(route: Route) -> None:
        """Let the hub decide, and lose its answer: the worst moment for a line to break."""
        if "session.start" in (route.request.post_data or ""):
            await route.fetch()
            await route.abort()
        else:
            await route.continue_()

    wall.page.on("request", note)
    await wall.page.route(f"**/api/sessions/{failing.number}/commands", lose_the_start)
    await chosen(wall, fine, failing)
    await wall.dialog("Démarrer 2 salles ensemble ?").get_by_role("button", name="Démarrer 2 salles").click()
    result = wall.dialog("Résultat du démarrage")
    await expect(outcome(result, fine)).to_contain_text("Démarrée")
    await expect(outcome(result, failing)).to_contain_text("Pas démarrée, mais vous avez la main")
    await wall.page.unroute(f"**/api/sessions/{failing.number}/commands")
    await result.get_by_role("button", name="Réessayer pour 1 salle").click()
    await expect(outcome(result, failing)).to_contain_text("Démarrée")
    await expect(outcome(result, failing)).to_contain_text(failing.access_code)
    await expect(result.get_by_role("button", name="Réessayer pour 1 salle")).to_have_count(0)
    assert [kind for kind, _ in keys] == ["room.take_over", "session.start"] * 2
    assert len(set(keys)) == 2, keys
    wall.device.forget("net::ERR_FAILED")


async def test_all_rooms_that_have_not_started_are_chosen_at_once_and_let_go_again(
    wall_hall: Hall, center: Center
) -> None:
    rooms = [await center.room() for _ in range(3)]
    board = await rooms[0].board()
    ok(await board.ask("session.start"))
    wall = await Wall(await wall_hall.device("admin", **WALL)).open()
    await expect(wall.card(rooms[0])).to_contain_text("En cours")
    await wall.button("Démarrer plusieurs salles…").click()
    await expect(wall.button("Démarrer ensemble…")).to_have_attribute("title", "Choisissez d’abord des salles")
    await wall.button("Choisir celles qui n’ont pas commencé").click()
    await expect(wall.page.get_by_text("2 salles choisies")).to_be_visible()
    await expect(wall.card(rooms[0]).get_by_role("checkbox")).not_to_be_checked()
    await wall.button("Tableau").click()
    await expect(wall.row(rooms[1]).get_by_role("checkbox")).to_be_checked()
    await wall.button("Ne plus choisir").click()
    await expect(wall.rooms.get_by_role("checkbox")).to_have_count(0)
    await wall.button("Démarrer plusieurs salles…").click()
    await expect(wall.page.get_by_text("0 salle choisie")).to_be_visible()
