"""Finalization: three steps on a phone and on a computer, resumed elsewhere, two admins at once, then read-only."""

from __future__ import annotations

import json
import re

import pytest
from playwright.async_api import Browser, Dialog, Route, StorageState, expect

from tests.browser.accounts import hired, signed_in
from tests.browser.axe import Inspector
from tests.browser.closing import CLASSMATES, DESKTOP, PNG, Closing, ended_room
from tests.browser.hall import PHONE, Hall
from tests.browser.screens import listed
from tests.story.hub import Hub
from tests.story.rooms import World, eventually, ok
from web.demo import CENTER

FINISHED_SEEN, FINISHED, RUNNING, ABSENT = CLASSMATES
OVERFLOW = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
CONFLICT, UNSUPPORTED, AWAY, FORBIDDEN = 409, 415, 503, 403
MEBI = 1024 * 1024
DROP = f"""
const files = new DataTransfer();
files.items.add(new File([new Uint8Array({list(PNG)})], "plan.png", {{ type: "image/png" }}));
const over = {{ bubbles: true, cancelable: true, dataTransfer: files }};
const place = document.querySelector("label[for=files]").parentElement;
place.dispatchEvent(new DragEvent("dragover", over));
void place.dispatchEvent(new DragEvent("drop", over));
"""
"""A file dropped by hand."""


@pytest.fixture(scope="session", autouse=True)
async def second_admin(browser: Browser, hub: Hub, staff_state: dict[str, StorageState]) -> None:
    """A colleague of the demo's admin."""
    colleague = await hired(hub, "center_admin", "Bruno Delay", CENTER)
    staff_state["second_admin"] = await signed_in(browser, hub, colleague)


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
async def test_a_session_is_finalized_step_by_step_and_then_read_only(
    hall: Hall, world: World, size: dict[str, int]
) -> None:
    inspector = Inspector()
    ended = await ended_room(world)
    page = await Closing(await hall.device("admin", viewport=size), ended.room).open()
    device = page.device
    await expect(page.page.get_by_text(re.compile(r"avant le .* \(reste \d\d h\)"))).to_be_visible()
    await expect(page.page.get_by_text("1 candidat n’a pas terminé son test")).to_be_visible()
    await expect(page.line(FINISHED)).to_contain_text("3/")
    await inspector.look(device, f"finalization {size['width']}")

    await page.check()
    await expect(page.summary).to_be_focused()
    await expect(page.summary.get_by_role("listitem")).to_have_text([f"{listed(RUNNING)} : motif d’abandon à choisir"])
    await inspector.look(device, f"what is missing {size['width']}")
    await page.summary.get_by_role("link").click()
    await expect(page.reason(RUNNING)).to_be_focused()
    await expect(page.reason(RUNNING)).to_have_attribute("aria-invalid", "true")
    await page.reason(RUNNING).select_option("Problème technique")
    await expect(page.summary).to_be_hidden()
    await page.saved()

    add = page.button(f"Ajouter un signalement : {listed(FINISHED)}")
    await add.click()
    sheet = page.dialog(f"Signalements de {listed(FINISHED)}")
    await inspector.look(device, f"categories {size['width']}")
    await sheet.get_by_role("button", name="Une question du test").click()
    await sheet.get_by_role("button", name="E7").click()
    await sheet.get_by_role("button", name="Enregistrer le signalement").click()
    await expect(sheet.get_by_label("Précisions")).to_have_attribute("aria-invalid", "true")
    await inspector.look(device, f"a report with faults {size['width']}")
    await sheet.get_by_label("Numéro de la question").fill("3")
    await sheet.get_by_label("Précisions").fill("Le tableau était coupé.")
    await sheet.get_by_role("button", name="Enregistrer le signalement").click()
    await expect(sheet).to_be_hidden()
    await expect(add).to_be_focused()
    await expect(page.line(FINISHED)).to_contain_text("Le tableau était coupé.")

    await page.attach("photo du poste 12.png", PNG)
    await expect(page.page.get_by_role("link", name="Ouvrir photo du poste 12.png")).to_be_visible()
    await page.incident("Coupure du réseau pendant dix minutes.")
    await expect(page.page.get_by_text("38 / 500")).to_be_visible()
    await page.saved()
    await inspector.look(device, f"everything filled in {size['width']}")
    assert not await device.measure(OVERFLOW), "the page never scrolls sideways"

    await page.check()
    recap = page.dialog("Finaliser cette session ?")
    for text in (
        listed(FINISHED),
        f"{listed(RUNNING)} : Problème technique",
        "Leur test encore ouvert sera clos.",
        "E7",
        "photo du poste 12.png",
        "Coupure du réseau pendant dix minutes.",
    ):
        await expect(recap).to_contain_text(text)
    await expect(recap).not_to_contain_text(listed(FINISHED_SEEN))
    await inspector.look(device, f"the last look {size['width']}")
    await recap.get_by_role("button", name="Continuer à modifier").click()
    await expect(page.button("Vérifier et finaliser")).to_be_focused()
    await page.check()
    await recap.get_by_role("button", name="Finaliser la session").click()

    receipt = page.page.get_by_role("region", name="Session finalisée")
    await expect(receipt.get_by_role("heading")).to_be_focused()
    await expect(receipt).to_contain_text("Ariane Castel")
    await expect(receipt.locator("code")).to_have_text(re.compile(r"^[0-9a-f]{64}$"))
    await inspector.look(device, f"the receipt {size['width']}")
    await page.page.reload()
    await expect(receipt).to_be_visible()
    await expect(page.line(RUNNING)).to_contain_text("clos par la finalisation")
    await expect(page.line(FINISHED)).to_contain_text("pas vu")
    main = page.page.get_by_role("main")
    await expect(main.locator("select, input, textarea")).to_have_count(0)
    await expect(main.get_by_role("button")).to_have_text(["Copier l’empreinte", "Imprimer le reçu"])
    assert inspector.found == []


async def test_the_fingerprint_is_that_of_the_audit_and_can_be_copied(hall: Hall, world: World) -> None:
    ended = await ended_room(world)
    await ended.finalized()
    page = await Closing(await hall.device("admin"), ended.room).open()
    shown = await page.page.locator("code").inner_text()
    kept = await world.api.call("GET", f"{ended.path}/finalization", ended.admin)
    assert shown == kept["receipt"]["head"]
    await page.device.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.button("Copier l’empreinte").click()
    await expect(page.page.get_by_text("Empreinte copiée.")).to_be_visible()
    assert await page.device.measure("navigator.clipboard.readText()") == shown
    await page.device.measure("void Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    await page.device.measure("getSelection().removeAllRanges()")
    await page.button("Copier l’empreinte").click()
    await expect(page.page.get_by_text("Empreinte copiée.")).to_be_visible()

    async def is_selected() -> bool:
        return bool(await page.device.measure("getSelection().toString()") == shown)

    await eventually(is_selected, "without TLS it is copied the old way, and selected for whoever doubts it")


async def test_what_was_filled_in_is_there_on_another_device(hall: Hall, world: World) -> None:
    ended = await ended_room(world)
    first = await Closing(await hall.device("admin"), ended.room).open()
    await first.reason(RUNNING).select_option("Abandon du candidat")
    await first.seen(FINISHED).click()
    await expect(first.seen(FINISHED)).to_be_checked()
    await first.incident("Alarme incendie à 10 h.")
    await first.saved()
    await first.page.close()
    second = await Closing(await hall.device("second_admin", viewport=DESKTOP), ended.room).open()
    await expect(second.reason(RUNNING)).to_have_value("candidate")
    await expect(second.seen(FINISHED)).to_be_checked()
    await expect(second.line(FINISHED)).to_contain_text("par Ariane Castel")
    await expect(second.comment).to_have_value("Alarme incendie à 10 h.")
    await expect(second.page.get_by_text(re.compile(r"^Enregistré à \d\d:\d\d par Ariane Castel$"))).to_be_visible()


async def test_two_admins_at_once_lose_nothing_of_what_they_wrote(hall: Hall, world: World) -> None:
    inspector = Inspector()
    ended = await ended_room(world)
    mine = await Closing(await hall.device("admin"), ended.room).open()
    theirs = await Closing(await hall.device("second_admin", viewport=DESKTOP), ended.room).open()
    await theirs.incident("Panne de courant.")
    await theirs.reason(RUNNING).select_option("Problème technique")
    await theirs.saved()
    await mine.incident("Coupure du réseau.")
    told = mine.page.get_by_text(re.compile(r"^Bruno Delay a modifié cette finalisation \("))
    await expect(told).to_be_visible()
    mine.device.forgive(CONFLICT)
    await expect(mine.comment).to_have_value("Coupure du réseau.")
    await expect(mine.reason(RUNNING)).to_have_value("technical")
    contest = mine.page.get_by_role("group", name="Commentaire pas enregistré")
    await expect(contest).to_contain_text("Panne de courant.")
    await inspector.look(mine.device, "two comments")
    await mine.check()
    await expect(mine.summary).to_contain_text("Commentaire : choisissez la version à garder")
    await mine.summary.get_by_role("link").click()
    await expect(mine.comment).to_be_focused()
    await contest.get_by_role("button", name="Garder mon texte").click()
    await mine.saved()
    await expect(contest).to_be_hidden()
    await expect(mine.comment).to_be_focused()
    await theirs.page.reload()
    await expect(theirs.comment).to_have_value("Coupure du réseau.")
    await expect(theirs.reason(RUNNING)).to_have_value("technical")
    assert inspector.found == []


async def test_changes_of_two_admins_to_different_things_are_put_together(hall: Hall, world: World) -> None:
    ended = await ended_room(world)
    page = await Closing(await hall.device("second_admin"), ended.room).open()
    await ended.draft(0, abort_reasons={str(ended.ids[2]): "candidate"})
    await page.incident("Coupure du réseau.")
    await expect(page.page.get_by_text("Ariane Castel a modifié cette finalisation")).to_be_visible()
    page.device.forgive(CONFLICT)
    await page.saved()
    kept = (await world.api.call("GET", f"{ended.path}/finalization", ended.admin))["draft"]
    assert kept["abort_reasons"] == {str(ended.ids[2]): "candidate"}
    assert (kept["comment"], kept["saved_by"]) == ("Coupure du réseau.", "Bruno Delay")


async def test_who_finishes_meanwhile_is_named_and_the_reason_removed_in_one_press(hall: Hall, world: World) -> None:
    inspector = Inspector()
    ended = await ended_room(world)
    page = await Closing(await hall.device("admin"), ended.room).open()
    await page.reason(RUNNING).select_option("Abandon du candidat")
    await page.saved()
    ok(await ended.running.ask("finish"))
    await page.check()
    await expect(page.summary).to_be_focused()
    await expect(page.summary).to_contain_text(f"{listed(RUNNING)} a terminé son test entre-temps")
    await inspector.look(page.device, "a reason that no longer applies")
    await page.summary.get_by_role("button", name="Retirer le motif").click()
    await expect(page.summary).to_be_hidden()
    await expect(page.button("Vérifier et finaliser")).to_be_focused()
    await page.button("Tous vus (2)").click()
    question = page.dialog("Tous les écrans de fin ont été vus ?")
    await expect(question.get_by_role("button", name="Annuler")).to_be_focused()
    await inspector.look(page.device, "all seen")
    await question.get_by_role("button", name="Noter 2 écrans vus").click()
    await expect(page.seen(RUNNING)).to_be_checked()
    await expect(page.page.get_by_role("heading", name="3 tests terminés")).to_be_focused()
    await page.check()
    recap = page.dialog("Finaliser cette session ?")
    await recap.get_by_role("button", name="Finaliser la session").click()
    await expect(page.page.get_by_role("heading", name="Session finalisée")).to_be_focused()
    assert inspector.found == []


async def test_a_test_that_ends_under_the_last_look_refuses_and_says_who(hall: Hall, world: World) -> None:
    ended = await ended_room(world)
    page = await Closing(await hall.device("admin"), ended.room).open()
    await page.reason(RUNNING).select_option("Abandon du candidat")
    await page.saved()
    await page.check()
    recap = page.dialog("Finaliser cette session ?")
    await expect(recap).to_be_visible()
    ok(await ended.running.ask("finish"))
    await recap.get_by_role("button", name="Finaliser la session").click()
    await expect(page.summary).to_be_focused()
    await expect(page.summary).to_contain_text(f"{listed(RUNNING)} a terminé son test entre-temps")
    page.device.forgive(CONFLICT)
    await expect(recap).to_be_hidden()


async def test_a_hub_that_cannot_save_says_so_and_nothing_is_lost(hall: Hall, world: World) -> None:
    inspector = Inspector()
    ended = await ended_room(world)
    page = await Closing(await hall.device("admin"), ended.room).open()
    error = {"error": {"code": "store_unavailable", "message": "away", "after_ms": 60_000}}

    async def away(route: Route) -> None:
        if route.request.method == "PUT":
            await route.fulfill(status=AWAY, body=json.dumps(error), content_type="application/json")
        else:
            await route.continue_()

    await page.page.route("**/finalization", away)
    await page.incident("Coupure du réseau.")
    await expect(page.page.get_by_text("Le serveur ne peut rien enregistrer pour l’instant.")).to_be_visible()
    page.device.forgive(AWAY)
    await inspector.look(page.device, "not saved")
    asked: list[str] = []

    async def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.dismiss()

    page.page.on("dialog", stay)
    await page.page.close(run_before_unload=True)
    await expect(page.comment).to_have_value("Coupure du réseau.")
    assert asked == ["beforeunload"], "leaving asks first"
    await page.page.unroute("**/finalization")
    await page.button("Réessayer").click()
    await page.saved()
    await expect(page.button("Vérifier et finaliser")).to_be_focused()
    assert inspector.found == []


@pytest.mark.parametrize("call", ["**/api/me", "**/finalization"])
async def test_a_hub_that_is_away_at_first_is_asked_again(hall: Hall, world: World, call: str) -> None:
    ended = await ended_room(world)
    device = await hall.device("admin")
    error = {"error": {"code": "store_unavailable", "message": "away"}}

    async def away(route: Route) -> None:
        await route.fulfill(status=AWAY, body=json.dumps(error), content_type="application/json")

    await device.page.route(call, away)
    await device.page.goto(f"/sessions/{ended.room.number}/finalize")
    await expect(device.page.get_by_text("Le serveur ne peut rien enregistrer pour l’instant.")).to_be_visible()
    device.forgive(AWAY)
    await device.page.unroute(call)
    await device.page.get_by_role("button", name="Réessayer").click()
    await expect(device.page.get_by_role("heading", name="Étape 1")).to_be_visible()


async def test_documents_are_judged_in_place_and_deleted_after_a_question(hall: Hall, world: World) -> None:
    inspector = Inspector()
    ended = await ended_room(world)
    page = await Closing(await hall.device("admin"), ended.room).open()
    await page.attach("notes.docx", b"x", "application/msword")
    await page.attach("trop.png", PNG + bytes(10 * MEBI))
    await page.attach("faux.png", b"pas une image")
    for told in (
        "notes.docx : seuls les PDF et les images JPEG ou PNG sont acceptés.",
        "trop.png : ce fichier dépasse 10 Mio.",
        "faux.png : seuls les PDF et les images JPEG ou PNG sont acceptés.",
    ):
        await expect(page.page.get_by_text(told)).to_be_visible()
    page.device.forgive(UNSUPPORTED)
    await inspector.look(page.device, "refused files")
    for name in ("notes.docx", "trop.png", "faux.png"):
        await page.button(f"Ne pas joindre {name}").click()
        await expect(page.page.get_by_label("Choisir des fichiers")).to_be_focused()
    await page.device.measure(DROP)
    link = page.page.get_by_role("link", name="Ouvrir plan.png")
    async with page.page.expect_download() as started:
        await link.click()
    assert (await (await started.value).path()).read_bytes() == PNG
    await page.button("Supprimer plan.png").click()
    question = page.dialog("Supprimer ce document ?")
    await expect(question.get_by_role("button", name="Annuler")).to_be_focused()
    await inspector.look(page.device, "deleting a document")
    await question.get_by_role("button", name="Supprimer", exact=True).click()
    await expect(page.page.get_by_role("heading", name="Aucun document joint.")).to_be_focused()
    assert inspector.found == []


async def test_a_report_is_corrected_and_withdrawn_from_its_row(hall: Hall, world: World) -> None:
    inspector = Inspector()
    ended = await ended_room(world)
    page = await Closing(await hall.device("admin", viewport=DESKTOP), ended.room).open()
    await page.button(f"Ajouter un signalement : {listed(RUNNING)}").click()
    sheet = page.dialog(f"Signalements de {listed(RUNNING)}")
    await sheet.get_by_role("button", name="C6").click()
    await sheet.get_by_label("Précisions").fill("Téléphone sorti.")
    await sheet.get_by_role("button", name="Enregistrer le signalement").click()
    await page.button(f"Modifier : C6, {listed(RUNNING)}").click()
    await sheet.get_by_label("Précisions").fill("Téléphone sorti puis rangé.")
    await sheet.get_by_role("button", name="Enregistrer la correction").click()
    await expect(page.line(RUNNING)).to_contain_text("Téléphone sorti puis rangé.")
    await page.button(f"Retirer : C6, {listed(RUNNING)}").click()
    question = page.dialog("Retirer ce signalement ?")
    await expect(question.get_by_role("button", name="Annuler")).to_be_focused()
    await inspector.look(page.device, "withdrawing a report")
    await question.get_by_role("button", name="Retirer", exact=True).click()
    await expect(page.line(RUNNING)).not_to_contain_text("Téléphone")
    await expect(page.button(f"Ajouter un signalement : {listed(RUNNING)}")).to_be_focused()
    assert inspector.found == []


async def test_a_room_in_which_nobody_started_says_that_there_is_nothing_to_finalize(hall: Hall, world: World) -> None:
    inspector = Inspector()
    room = await world.room(CLASSMATES)
    page = await Closing(await hall.device("admin"), room).open()
    await page.check()
    await expect(page.summary).to_contain_text("cette session ne peut pas être finalisée")
    await page.summary.get_by_role("link").click()
    await expect(page.page.get_by_text("il n’y a rien à finaliser")).to_be_focused()
    await inspector.look(page.device, "nobody started")
    assert inspector.found == []


async def test_an_invigilator_is_told_that_only_admins_finalize(hall: Hall, world: World) -> None:
    room = await world.room(CLASSMATES)
    device = await hall.device("invigilator")
    await device.page.goto(f"/sessions/{room.number}/finalize")
    await expect(device.page.get_by_text("réservée aux administrateurs du centre")).to_be_visible()


async def test_nothing_scrolls_sideways_on_the_narrowest_screen(hall: Hall, world: World) -> None:
    ended = await ended_room(world)
    page = await Closing(await hall.device("admin", viewport={"width": 320, "height": 640}), ended.room).open()
    await page.incident("Coupure du réseau.")
    await page.check()
    await expect(page.summary).to_be_focused()
    assert not await page.device.measure(OVERFLOW)


async def test_the_page_speaks_english(hall: Hall, world: World) -> None:
    ended = await ended_room(world)
    page = await Closing(await hall.device("admin", viewport=DESKTOP), ended.room).open()
    await page.button("English").click()
    await expect(page.page.get_by_role("heading", name="Step 1: the candidates")).to_be_visible()
    await page.button("Check and finalize").click()
    missing = page.page.get_by_role("region", name="Before you finalize")
    await expect(missing).to_contain_text(f"{listed(RUNNING)}: choose a reason for stopping")
