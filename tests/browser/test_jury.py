"""The jury's pages: the queue, a case, decisions that are never overwritten, two members at once, giving back."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Route, StorageState, expect

from hub.events import EventKind
from tests.browser.accounts import hired, signed_in
from tests.browser.axe import Inspector
from tests.browser.closing import CLASSMATES, DESKTOP, Bench, Closing, Ended, ended_room
from tests.browser.hall import PHONE, Hall
from tests.browser.screens import listed
from tests.story.hub import Hub
from tests.story.rooms import World

SEEN, UNSEEN, ABORTED, ABSENT = CLASSMATES
LOCALES = Path(__file__).resolve().parents[2] / "web" / "ui" / "src" / "locales"
OVERFLOW = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
CONFLICT, AWAY, NOT_FOUND = 409, 503, 404
COMMENT = "Coupure du réseau pendant dix minutes."
FRAUD = "C6 Fraude constatée ou soupçonnée"


@pytest.fixture(scope="session", autouse=True)
async def members(browser: Browser, hub: Hub, staff_state: dict[str, StorageState]) -> None:
    """Two members of the jury."""
    for who, name in (("jury", "Jeanne Aubry"), ("second_jury", "Olivier Blanc")):
        staff_state[who] = await signed_in(browser, hub, await hired(hub, "jury", name))


async def finalized_room(world: World, *, with_trouble: bool = False) -> Ended:
    """One seen, one not seen and accused of fraud, one aborted, one absent; with a comment."""
    ended = await ended_room(world, with_trouble=with_trouble)
    fraud = {"type": "report.add", "key": f"fraud-{ended.room.number}", "candidates": [ended.ids[1]], "name": "fraud"}
    body = {**fraud, "text": "Téléphone sorti."}
    await world.api.call("POST", f"{ended.path}/commands", ended.admin, json=body)
    await ended.finalized(incident=True, comment=COMMENT)
    return ended


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
async def test_a_case_goes_from_the_queue_to_its_publication(hall: Hall, world: World, size: dict[str, int]) -> None:
    inspector = Inspector()
    ended = await finalized_room(world)
    number = ended.room.number
    bench = await Bench(await hall.device("jury", viewport=size)).queue()
    device = bench.device
    await bench.page.get_by_label("Rechercher").fill(str(number))
    line = bench.session(number)
    for text in ("Commentaire sur la session", "Signalement à traiter", "Écran de fin pas vu", "Test non terminé",
                 "à examiner", "attribuée à personne"):  # fmt: skip
        await expect(line).to_contain_text(text)
    await inspector.look(device, f"queue {size['width']}")
    assert not await device.measure(OVERFLOW), "the page never scrolls sideways"
    await line.get_by_role("link", name=f"Session {number}").click()

    open_points = bench.page.get_by_role("region", name="Ce qui demande un regard")
    comment = "Le centre a laissé un commentaire sur la session"
    await expect(open_points.get_by_role("link")).to_have_text(
        [comment, f"{FRAUD} – {listed(UNSEEN)}", listed(UNSEEN), listed(ABORTED)]
    )
    await expect(bench.page.get_by_role("region", name="Déroulement")).to_contain_text(COMMENT)
    await expect(bench.line(ABORTED)).to_contain_text("Problème technique")
    await inspector.look(device, f"case {size['width']}")
    await open_points.get_by_role("link", name=listed(ABORTED)).click()
    await expect(bench.page.get_by_role("heading", level=3, name=listed(ABORTED), exact=True)).to_be_focused()

    await bench.button("M’attribuer ce dossier").click()
    await expect(bench.page.get_by_text(re.compile(r"^à Jeanne Aubry, depuis le"))).to_be_visible()
    await expect(bench.button("M’attribuer ce dossier")).to_be_hidden()
    await expect(bench.page.locator("#actions")).to_be_focused()

    await bench.button(f"Traiter : C6, {listed(UNSEEN)}").click()
    resolve = bench.dialog(f"Traiter le signalement {FRAUD}")
    await resolve.get_by_role("button", name="Enregistrer").click()
    await expect(resolve.get_by_role("textbox")).to_be_focused()
    await inspector.look(device, f"a word is missing {size['width']}")
    await resolve.get_by_role("textbox").fill("Fraude confirmée par le procès-verbal.")
    await resolve.get_by_role("button", name="Enregistrer").click()
    await expect(resolve).to_be_hidden()
    await expect(bench.line(UNSEEN)).to_contain_text("Traité par Jeanne Aubry")
    await expect(bench.button(f"Compléter : C6, {listed(UNSEEN)}")).to_be_focused()

    dialog = await bench.decide(UNSEEN, "Rejeter, avec un motif")
    await expect(dialog.get_by_role("textbox")).to_be_focused()
    await inspector.look(device, f"a reason is missing {size['width']}")
    await dialog.get_by_role("textbox").fill("Fraude avérée.")
    await dialog.get_by_role("button", name="Enregistrer la décision").click()
    await expect(dialog).to_be_hidden()
    await expect(bench.line(UNSEEN)).to_contain_text("Rejetée")
    again = await bench.decide(UNSEEN, "Annuler, avec un motif", "Erreur de personne.", "Changer la décision")
    await expect(again).to_be_hidden()
    await expect(bench.line(UNSEEN)).to_contain_text("Annulée")
    await bench.line(UNSEEN).get_by_text("Décisions précédentes (1)").click()
    await expect(bench.line(UNSEEN)).to_contain_text("Fraude avérée.")
    await expect(await bench.decide(SEEN, "Valider la certification")).to_be_hidden()
    await inspector.look(device, f"decided {size['width']}")
    assert not await device.measure(OVERFLOW), "the page never scrolls sideways"

    await bench.button("Publier les résultats").click()
    publish = bench.dialog("Publier les résultats ?")
    for text in ("1 écran de fin pas vu", listed(ABORTED), "1 candidat sans décision"):
        await expect(publish).to_contain_text(text)
    await expect(publish).not_to_contain_text("Fraude")
    await inspector.look(device, f"publishing with open points {size['width']}")
    await publish.get_by_role("button", name="Publier malgré tout").click()
    await expect(bench.page.get_by_text("Les résultats sont publiés")).to_be_visible()
    deciding = re.compile("^(Décider|Changer|Traiter|Compléter)")
    await expect(bench.page.get_by_role("button", name=deciding)).to_have_count(0)
    await expect(bench.button("Rendre au centre")).to_have_count(0)
    await inspector.look(device, f"published {size['width']}")
    await bench.button("Retirer la publication").click()
    await bench.dialog("Retirer la publication ?").get_by_role("button", name="Retirer la publication").click()
    await expect(bench.button("Publier les résultats")).to_be_visible()
    assert inspector.found == []


async def test_a_case_is_given_back_with_a_reason_and_corrected_by_its_center(hall: Hall, world: World) -> None:
    inspector = Inspector()
    ended = await finalized_room(world)
    bench = await Bench(await hall.device("jury")).case(ended.room.number)
    await bench.button("Rendre au centre").click()
    dialog = bench.dialog("Rendre ce dossier au centre ?")
    await dialog.get_by_role("button", name="Rendre au centre").click()
    await expect(dialog.get_by_role("textbox")).to_be_focused()
    await inspector.look(bench.device, "giving back")
    await dialog.get_by_role("textbox").fill("Un écran de fin reste à vérifier.")
    await dialog.get_by_role("button", name="Rendre au centre").click()
    await expect(bench.page.get_by_text(f"La session {ended.room.number} a été rendue à son centre.")).to_be_visible()
    await inspector.look(bench.device, "given back")
    await expect(bench.session(ended.room.number)).to_have_count(0)
    await bench.page.goto(f"/jury/{ended.room.number}")
    await expect(bench.page.get_by_text("Cette session n’est pas finalisée, ou n’existe pas.")).to_be_visible()
    bench.device.faults.clear()

    page = await Closing(await hall.device("admin"), ended.room).open()
    await expect(page.page.get_by_text("Le jury a rouvert cette finalisation")).to_be_visible()
    await expect(page.reason(ABORTED)).to_have_value("technical")
    await expect(page.comment).to_have_value(COMMENT)
    await page.seen(UNSEEN).click()
    await expect(page.seen(UNSEEN)).to_be_checked()
    await inspector.look(page.device, "reopened by the jury")
    await page.check()
    await page.dialog("Finaliser cette session ?").get_by_role("button", name="Finaliser la session").click()
    await expect(page.page.get_by_role("heading", name="Session finalisée")).to_be_focused()
    assert inspector.found == []


async def test_two_members_at_once_notice_each_other_and_keep_what_they_wrote(hall: Hall, world: World) -> None:
    inspector = Inspector()
    ended = await finalized_room(world)
    mine = await Bench(await hall.device("jury")).case(ended.room.number)
    theirs = await Bench(await hall.device("second_jury", viewport=DESKTOP)).case(ended.room.number)
    await theirs.button("M’attribuer ce dossier").click()
    await expect(theirs.page.get_by_text(re.compile("^à Olivier Blanc"))).to_be_visible()
    await mine.button("M’attribuer ce dossier").click()
    told = re.compile(r"^Modifié par Olivier Blanc à \d\d:\d\d\. ")
    await expect(mine.page.get_by_text(told)).to_be_visible()
    mine.device.forgive(CONFLICT)
    await expect(mine.page.get_by_text(re.compile("^à Olivier Blanc"))).to_be_visible()
    await inspector.look(mine.device, "taken by a colleague")

    await mine.button(f"Décider : {listed(SEEN)}").click()
    dialog = mine.dialog(f"Décision pour {listed(SEEN)}")
    await dialog.get_by_label("Rejeter, avec un motif").check()
    await dialog.get_by_role("textbox").fill("Réponses copiées.")
    await expect(await theirs.decide(SEEN, "Valider la certification")).to_be_hidden()
    await dialog.get_by_role("button", name="Enregistrer la décision").click()
    await expect(dialog.get_by_text(told)).to_be_visible()
    mine.device.forgive(CONFLICT)
    await expect(dialog).to_contain_text("Décision actuelle")
    await expect(dialog).to_contain_text("Validée")
    await expect(dialog.get_by_role("textbox")).to_have_value("Réponses copiées.")
    await inspector.look(mine.device, "decided by a colleague")
    await dialog.get_by_role("button", name="Enregistrer la décision").click()
    await expect(dialog).to_be_hidden()
    await expect(mine.line(SEEN)).to_contain_text("Rejetée")
    await mine.line(SEEN).get_by_text("Décisions précédentes (1)").click()
    await expect(mine.line(SEEN)).to_contain_text("Olivier Blanc")
    assert inspector.found == []


async def test_the_timeline_tells_one_candidate_or_the_whole_room(hall: Hall, world: World) -> None:
    inspector = Inspector()
    ended = await finalized_room(world, with_trouble=True)
    bench = await Bench(await hall.device("jury", viewport=DESKTOP)).case(ended.room.number)
    await expect(bench.line(ABORTED)).to_contain_text("5 minutes ajoutées")
    await bench.line(ABORTED).get_by_text(re.compile("^1 interruption, ")).click()
    await expect(bench.line(ABORTED)).to_contain_text("poste ou ligne du candidat")
    await bench.button(f"Chronologie : {listed(ABORTED)}").click()
    await expect(bench.events.filter(has_text="Test interrompu")).to_contain_text("cause : poste ou ligne du candidat")
    await expect(bench.events.filter(has_text="Temps modifié")).to_contain_text("+5 min")
    await expect(bench.events.filter(has_text="Temps modifié")).to_contain_text("Ordinateur redémarré")
    await bench.button(f"Chronologie : {listed(UNSEEN)}").click()
    await expect(bench.page.get_by_role("heading", name="Chronologie")).to_be_focused()
    for kind in ("Présence confirmée", "Est entré dans le test", "A terminé son test", "Signalement ajouté"):
        await expect(bench.events.filter(has_text=kind)).to_have_count(1)
    await expect(bench.events.filter(has_text="Signalement ajouté")).to_contain_text("Téléphone sorti.")
    await expect(bench.events.filter(has_text=listed(SEEN))).to_have_count(0)
    await bench.page.get_by_label("Quoi", exact=True).select_option("Signalements et appels")
    await expect(bench.events).to_have_count(1)
    await bench.page.get_by_label("Qui", exact=True).select_option("La session seulement")
    await bench.page.get_by_label("Quoi", exact=True).select_option("Finalisation et jury")
    last = bench.events.filter(has_text="Session finalisée")
    await expect(last).to_contain_text("dans le délai · incidents signalés")
    await expect(last).to_contain_text(f"{listed(ABORTED)} : Problème technique")
    await expect(last).to_contain_text("Ariane Castel")
    await inspector.look(bench.device, "timeline")
    await bench.button("English").click()
    timeline = bench.page.get_by_role("region", name="Timeline")
    await expect(timeline.get_by_role("listitem").filter(has_text="Session finalized")).to_contain_text(
        "in time · incidents reported"
    )
    assert inspector.found == []


async def test_the_queue_is_narrowed_and_its_address_brings_it_back(hall: Hall, world: World) -> None:
    inspector = Inspector()
    ended = await finalized_room(world)
    bench = await Bench(await hall.device("jury")).queue()
    await bench.page.get_by_text("Filtrer et trier").click()
    await bench.page.get_by_label("Attribution").select_option("À moi")
    await expect(bench.session(ended.room.number)).to_have_count(0)
    await bench.page.get_by_label("Attribution").select_option("À personne")
    await bench.page.get_by_label("Trier par").select_option("Numéro décroissant")
    await expect(bench.page.get_by_role("listitem").filter(has=bench.page.get_by_role("link")).first).to_contain_text(
        f"Session {ended.room.number}"
    )
    await bench.page.get_by_label("Rechercher").fill("rien de tel")
    await expect(bench.page.get_by_text("Aucune session ne correspond à ces filtres.")).to_be_visible()
    await inspector.look(bench.device, "nothing found")
    assert "rien" not in bench.page.url, "what is typed never stands in an address"
    await bench.page.reload()
    await expect(bench.session(ended.room.number)).to_be_visible()
    await bench.page.get_by_text("Filtrer et trier").click()
    await expect(bench.page.get_by_label("Attribution")).to_have_value("nobody")
    await bench.button("Effacer les filtres").click()
    await expect(bench.page.get_by_role("heading", level=2)).to_be_focused()
    await expect(bench.page.get_by_label("Attribution")).to_have_value("")
    assert inspector.found == []


async def test_nothing_scrolls_sideways_on_the_narrowest_screen(hall: Hall, world: World) -> None:
    ended = await finalized_room(world)
    bench = await Bench(await hall.device("jury", viewport={"width": 320, "height": 640})).queue()
    assert not await bench.device.measure(OVERFLOW)
    await bench.case(ended.room.number)
    assert not await bench.device.measure(OVERFLOW)


async def test_a_hub_that_is_away_is_asked_again(hall: Hall, world: World) -> None:
    await finalized_room(world)
    device = await hall.device("jury")
    error = {"error": {"code": "store_unavailable", "message": "away"}}

    async def away(route: Route) -> None:
        await route.fulfill(status=AWAY, body=json.dumps(error), content_type="application/json")

    await device.page.route("**/api/jury/**", away)
    await device.page.goto("/jury")
    await expect(device.page.get_by_text("Le serveur ne peut rien enregistrer pour l’instant.")).to_be_visible()
    device.forgive(AWAY)
    await device.page.unroute("**/api/jury/**")
    await device.page.get_by_role("button", name="Réessayer").click()
    await expect(device.page.get_by_role("heading", level=2)).to_contain_text("trouvée")


async def test_others_are_told_that_these_pages_are_the_jurys(hall: Hall) -> None:
    for who in ("admin", "invigilator"):
        device = await hall.device(who)
        await device.page.goto("/jury")
        await expect(device.page.get_by_text("Ces pages sont réservées aux membres du jury.")).to_be_visible()


def test_every_kind_of_the_audit_has_words_in_both_languages() -> None:
    for language in ("fr", "en"):
        text = (LOCALES / language / "jury.ts").read_text(encoding="utf-8")
        kinds = text[text.index("export const juryKinds") : text.index("export const juryCodes")]
        missing = [kind.value for kind in EventKind if f'"{kind.value}": "' not in kinds]
        assert missing == [], language
