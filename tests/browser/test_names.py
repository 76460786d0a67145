"""Names are text, whatever stands in them: no markup, no formula, no reversal of what is around."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.hall import Hall
from tests.browser.screens import Desk, Seat, listed
from tests.story.rooms import Person, World, accepted, csv, room_name

NAMES = (
    Person("<script>document.title='x'</script>", "<img src=x onerror=alert(1)>"),
    Person("=cmd()|' /C calc'!A0", "+SUM(1)"),
    Person('D\'Août "dit" l’Aîné', "Jean & fils"),
    Person("\u05d0\u05d1\u05d2", "\u0645\u0631\u064a\u0645"),
    Person("{{constructor}}", "${7*7}"),
)


async def test_names_are_shown_as_they_are_written(hall: Hall, world: World) -> None:
    room = await world.room(NAMES)
    board = await room.board()
    desk = await Desk(await hall.device("invigilator"), room).open()
    for person in NAMES:
        await expect(desk.row(person)).to_have_count(1)
        await desk.present(person)
        await desk.options(person).click()
        await expect(desk.dialog(listed(person))).to_be_visible()
        await desk.page.keyboard.press("Escape")
    seat = await Seat(await hall.device(), room, NAMES[0]).join()
    await expect(seat.page.get_by_role("banner")).to_contain_text(f"{NAMES[0].first_name} {NAMES[0].last_name.upper()}")
    accepted(await board.command("message.send", room.id(board), text="<b onclick=alert(1)>=1+1</b>"))
    await expect(seat.page.get_by_role("alert").filter(has_text="<b onclick=alert(1)>=1+1</b>")).to_be_visible()
    await seat.call("<script>alert(1)</script>")
    await desk.filter("À traiter").click()
    await expect(desk.need(NAMES[0])).to_contain_text("<script>alert(1)</script>")
    for device in hall.devices:
        assert await device.page.title() != "x"
        assert await device.measure("document.querySelectorAll('img[src=x], b[onclick]').length") == 0
        assert await device.measure("document.scripts.length") == 1


async def test_a_name_that_turns_its_neighbourhood_around_is_refused_at_the_door(hall: Hall) -> None:
    admin = await hall.device("admin")
    await admin.page.goto("/")
    turned = csv([Person("Du\u202epont", "Ren\u2066é")], room_name())
    await admin.page.get_by_label("Fichier CSV").set_input_files(
        {"name": "liste.csv", "mimeType": "text/csv", "buffer": turned}
    )
    await admin.page.get_by_role("button", name="Vérifier le fichier").click()
    await expect(admin.page.get_by_text("Cette valeur contient des caractères interdits.")).to_have_count(2)
    await expect(admin.page.get_by_role("button", name="Importer")).to_have_count(0)
