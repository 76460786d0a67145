"""A center admin prepares: sessions are made, listed, changed and deleted; candidates are typed in or imported."""

from __future__ import annotations

import asyncio
import re

from playwright.async_api import Locator, Route, expect

from tests.browser.hall import Hall
from tests.browser.office import ODS_HEADERS, SESSION, WIDE, Office, ods
from tests.story.rooms import CLASS, HEADER, Person, World, csv, csv_line, ok

PAPERS = {
    "Feuille d’émargement": b"%PDF",
    "Kit surveillant": b"%PDF",
    "Notice candidat": b"%PDF",
    "PV d’incident": b"%PDF",
    "Liste des candidats": b"\xef\xbb\xbf",
    "Journal des décisions": b"\xef\xbb\xbf",
}


async def test_an_admin_makes_a_session_and_types_its_list(hall: Hall) -> None:
    office = await Office(await hall.device("admin", viewport=WIDE)).home()
    await office.button("Nouvelle session").click()
    form = office.dialog("Nouvelle session")
    await expect(form.get_by_label("Site")).to_be_focused()
    await form.get_by_label("Salle").fill("Salle 12")
    await form.get_by_label("Durée en minutes").fill("0")
    await form.get_by_role("button", name="Créer la session").click()
    summary = form.get_by_role("group", name="4 champs sont à corriger")
    await expect(summary).to_be_focused()
    await summary.get_by_role("link", name="Heure de début").click()
    await expect(form.get_by_label("Heure de début")).to_be_focused()
    await expect(form.get_by_label("Durée en minutes")).to_have_accessible_description(re.compile("entre 1 et 1440"))
    await form.get_by_label("Heure de début").fill("09:30")
    await form.get_by_label("Durée en minutes").fill("105")
    await form.get_by_label("Site").fill("Lycée des préparatifs")
    await form.get_by_label("Date", exact=True).fill("2027-01-15")
    await form.get_by_label("Surveillants").fill("A. Durand\nB. Martin")
    await form.get_by_role("button", name="Créer la session").click()
    await office.page.wait_for_url(SESSION)
    details = office.page.get_by_role("region", name="La session")
    await expect(details.get_by_role("listitem")).to_have_text(["A. Durand", "B. Martin"])
    await type_two_candidates(office)
    await correct_and_remove(office)


async def type_two_candidates(office: Office) -> None:
    """The form stays for the next one; somebody who is on the list already is refused, and nothing typed is lost."""
    await office.page.get_by_role("tab", name="Candidats (0)").click()
    await office.button("Ajouter un candidat").click()
    form = office.dialog("Ajouter un candidat")
    await office.fill_person(form, "Évrard", "Zoé", "2008-03-02")
    await form.get_by_label("Temps majoré").fill("33 %")
    await expect(form.get_by_text("soit 35 minutes de plus")).to_be_visible()
    await form.get_by_role("button", name="Ajouter et continuer").click()
    await expect(form.get_by_role("status").filter(has_text="ÉVRARD Zoé : ajouté")).to_be_visible()
    await expect(form.get_by_label("Nom de naissance", exact=True)).to_be_focused()
    await office.fill_person(form, "evrard", "ZOE", "2008-03-02")
    await form.get_by_role("button", name="Ajouter", exact=True).click()
    await expect(form.get_by_role("alert").filter(has_text="figure déjà sur la liste")).to_be_visible()
    office.device.forgive(409)
    await expect(form.get_by_label("Prénom")).to_have_value("ZOE")
    await form.get_by_label("Nom de naissance", exact=True).fill("Martin")
    await form.get_by_role("button", name="Ajouter", exact=True).click()
    await expect(form).to_be_hidden()
    await expect(office.button("Ajouter un candidat")).to_be_focused()
    await expect(office.person("ÉVRARD Zoé")).to_contain_text("33 % (+ 35 min)")
    await expect(office.page.get_by_role("tab", name="Candidats (2)")).to_be_visible()


async def correct_and_remove(office: Office) -> None:
    """Each dialog gives the focus back to the button that opened it, or to one that is still there."""
    edit = office.button("Modifier MARTIN ZOE")
    await edit.click()
    form = office.dialog("Modifier MARTIN ZOE")
    await form.get_by_label("Prénom").fill("Zoé")
    await form.get_by_label("Code INSEE").fill("7511")
    await form.get_by_role("button", name="Enregistrer").click()
    await expect(form.get_by_role("group", name="Un champ est à corriger")).to_be_focused()
    await form.get_by_label("Code INSEE").fill("2A004")
    await form.get_by_role("button", name="Enregistrer").click()
    await expect(form).to_be_hidden()
    await expect(office.button("Modifier MARTIN Zoé")).to_be_focused()
    await expect(office.person("MARTIN Zoé")).to_contain_text("2A004")
    await office.button("Retirer MARTIN Zoé").click()
    question = office.dialog("Retirer MARTIN Zoé ?")
    await expect(question.get_by_role("button", name="Garder")).to_be_focused()
    await office.page.keyboard.press("Escape")
    await expect(office.button("Retirer MARTIN Zoé")).to_be_focused()
    await office.button("Retirer MARTIN Zoé").click()
    await question.get_by_role("button", name="Retirer de la liste").click()
    await expect(office.person("MARTIN Zoé")).to_have_count(0)
    await expect(office.button("Ajouter un candidat")).to_be_focused()
    await expect(office.page.get_by_role("tab", name="Candidats (1)")).to_be_visible()


async def test_a_session_is_changed_then_deleted_by_its_name(hall: Hall) -> None:
    office = await Office(await hall.device("admin", viewport=WIDE)).home()
    number = await office.create("Lycée à supprimer", "Salle 1")
    await office.button("Modifier").click()
    form = office.dialog(f"Modifier la session {number}")
    await form.get_by_label("Salle").fill("Salle 2 bis")
    await form.get_by_label("Observations").fill("Première ligne\nSeconde ligne")
    await form.get_by_role("button", name="Enregistrer").click()
    await expect(form).to_be_hidden()
    await expect(office.button("Modifier")).to_be_focused()
    await expect(office.page.get_by_text("Lycée à supprimer, Salle 2 bis")).to_be_visible()
    await expect(office.page.get_by_text("Seconde ligne")).to_be_visible()
    await office.button("Supprimer la session…").click()
    question = office.dialog(f"Supprimer la session {number} ?")
    await expect(question).to_contain_text("Lycée à supprimer, Salle 2 bis")
    await expect(question.get_by_role("button", name="Garder")).to_be_focused()
    await question.get_by_role("button", name=f"Supprimer la session {number}").click()
    await expect(office.page.get_by_text(f"La session {number} est supprimée.")).to_be_visible()
    await expect(office.line(number)).to_have_count(0)
    await office.page.goto(f"/sessions/{number}")
    await expect(office.page.get_by_role("alert").filter(has_text="n’existe pas")).to_be_visible()
    for _ in range(2):
        office.device.forgive(404)


async def test_a_file_shows_its_faults_by_line_and_column_before_a_right_one_is_imported(hall: Hall) -> None:
    office = await Office(await hall.device("admin", viewport=WIDE)).home()
    number = await office.create("Lycée des listes", "Salle 3")
    await office.page.get_by_role("tab", name="Candidats (0)").click()
    await office.button("Importer une liste").click()
    sheet = office.dialog("Importer une liste")
    lines = [csv_line(CLASS[0], "x", sex="X"), csv_line(CLASS[1], "x"), csv_line(CLASS[2], "x", extra="beaucoup")]
    await office.choose(sheet, "liste.csv", "\r\n".join([HEADER, *lines, ""]).encode())
    await expect(sheet.get_by_role("heading", name="2 erreurs à corriger, rien ne sera importé")).to_be_focused()
    faults = sheet.get_by_role("row").filter(has=office.page.get_by_role("cell"))
    await expect(faults.nth(0).get_by_role("cell")).to_have_text(["2", "Sexe", "Le sexe doit être M ou F."])
    await expect(faults.nth(1)).to_contain_text("4Temps majoré ?")
    await expect(sheet.get_by_role("button", name=re.compile("^Importer "))).to_have_count(0)
    lines = [csv_line(person, "x") for person in CLASS]
    await office.choose(sheet, "LISTE.CSV", "\r\n".join([HEADER, *lines, ""]).encode(), "application/vnd.ms-excel")
    await sheet.get_by_role("button", name="Importer 4 candidats").click()
    receipt = sheet.get_by_role("status").filter(has_text="4 candidats importés.")
    await expect(receipt).to_be_focused()
    await import_a_spreadsheet(office, sheet)
    await office.page.keyboard.press("Escape")
    await expect(office.button("Importer une liste")).to_be_focused()
    await expect(office.person("ORSINI Marie")).to_contain_text("25 % (+ 27 min)")
    await expect(office.page.get_by_role("tab", name="Candidats (5)")).to_be_visible()
    assert number


async def import_a_spreadsheet(office: Office, sheet: Locator) -> None:
    """Somebody who is on the list already is a fault; a new one is not."""
    known = (CLASS[0].last_name, CLASS[0].first_name, "02/03/2008", "F", "75115", "FRANCE", "")
    marie = ("Orsini", "Marie", "09/04/2007", "F", "2A004", "FRANCE", "25%")
    await office.choose(sheet, "liste.ods", ods(ODS_HEADERS, known, marie), "application/octet-stream")
    await expect(sheet.get_by_role("heading", name="1 erreur à corriger, rien ne sera importé")).to_be_focused()
    await expect(sheet.get_by_role("row").nth(1)).to_contain_text("Ce candidat figure déjà dans la session.")
    await office.choose(sheet, "liste.ods", b"no spreadsheet", "application/octet-stream")
    await expect(sheet.get_by_role("row").nth(1)).to_contain_text("pas un classeur ODS lisible")
    await office.choose(sheet, "liste.ods", ods(ODS_HEADERS, marie), "application/octet-stream")
    await sheet.get_by_role("button", name="Importer 1 candidat").click()
    await expect(sheet.get_by_text("1 candidat importé.")).to_be_visible()


async def test_a_file_with_many_faults_is_read_a_hundred_at_a_time(hall: Hall) -> None:
    office = await Office(await hall.device("admin")).home()
    await office.choose(office.page, "liste.ods", ods(ODS_HEADERS))
    await expect(office.page.get_by_role("alert").filter(has_text="depuis la page de la session")).to_be_visible()
    lines = [csv_line(Person(f"N{n}", "P"), "Salle cent", sex="?") for n in range(130)]
    await office.choose(office.page, "liste.csv", "\r\n".join([HEADER, *lines, ""]).encode())
    await expect(office.page.get_by_role("heading", name="130 erreurs à corriger")).to_be_focused()
    rows = office.page.get_by_role("region", name="130 erreurs à corriger").get_by_role("row")
    await expect(rows).to_have_count(101)
    await office.button("Page suivante").last.click()
    await expect(rows).to_have_count(31)
    await expect(rows.nth(1)).to_contain_text("102")
    await expect(office.page.get_by_text("Page 2 sur 2")).to_be_visible()


async def test_a_file_on_its_way_shows_how_far_it_is_and_nothing_is_sent_in_vain(hall: Hall) -> None:
    office = await Office(await hall.device("admin")).home()
    await office.button("Vérifier le fichier").click()
    await expect(office.page.get_by_role("alert").filter(has_text="Choisissez d’abord un fichier.")).to_be_visible()
    await office.choose(office.page, "liste.csv", b"x" * (2 * 1024 * 1024 + 1))
    await expect(office.page.get_by_role("alert").filter(has_text="Le fichier dépasse 2 Mio.")).to_be_visible()
    held: asyncio.Queue[Route] = asyncio.Queue()
    await office.page.route("**/api/imports?*", held.put)
    await office.choose(office.page, "liste.csv", csv(CLASS, "Salle lente"))
    await expect(office.page.get_by_role("progressbar", name="Envoi : 0 %")).to_be_visible()
    await (await held.get()).continue_()
    await expect(office.button("Importer 4 candidats")).to_be_visible()
    await expect(office.page.get_by_role("progressbar")).to_have_count(0)


async def test_the_list_is_searched_filtered_and_sorted_by_the_hub(hall: Hall) -> None:
    office = await Office(await hall.device("admin", viewport=WIDE)).home()
    first = await office.create("Collège Tri", "Salle B", "2027-05-02")
    await office.home()
    second = await office.create("Collège Tri", "Salle A", "2027-05-03")
    await office.home()
    await office.page.get_by_label("Rechercher une session").fill("collège tri")
    await expect(office.page.get_by_text("1 à 2 sur 2")).to_be_visible()
    assert await office.numbers() == [second, first], "the newest first"
    room = office.page.get_by_role("columnheader", name="Salle")
    for order, expected in (("ascending", [second, first]), ("descending", [first, second])):
        await room.get_by_role("button", name="Salle").click()
        await expect(room).to_have_attribute("aria-sort", order)
        await expect(office.page.get_by_role("rowheader").first).to_have_text(f"Session {expected[0]}")
        assert await office.numbers() == expected
    await office.page.get_by_label("À partir du").fill("2027-05-03")
    await expect(office.page.get_by_text("1 à 1 sur 1")).to_be_visible()
    await office.line(second).get_by_role("link").click()
    await expect(office.page.get_by_role("heading", level=1, name=f"Session {second}")).to_be_visible()
    await office.page.go_back()
    await expect(office.page.get_by_label("Rechercher une session")).to_have_value("collège tri")
    await expect(office.page.get_by_text("1 à 1 sur 1")).to_be_visible()
    await office.page.get_by_label("État").select_option("Publiées")
    await expect(office.page.get_by_text("Aucune session ne correspond.")).to_be_visible()
    await office.button("Tout afficher").first.click()
    await expect(office.line(first)).to_be_visible()


async def test_a_session_that_has_started_says_why_it_cannot_be_changed(hall: Hall, world: World) -> None:
    room = await world.room(CLASS)
    board = await room.board()
    page_before = await Office(await hall.device("admin", viewport=WIDE)).open(room.number, "#candidates")
    tab = await room.seated(board, 0)
    await page_before.button("Ajouter un candidat").click()
    form = page_before.dialog("Ajouter un candidat")
    await page_before.fill_person(form, "Tard", "Venue", "2008-01-01")
    await form.get_by_role("button", name="Ajouter", exact=True).click()
    await expect(form.get_by_role("alert").filter(has_text="La session a déjà commencé")).to_be_visible()
    page_before.device.forgive(409)
    await expect(form.get_by_label("Prénom")).to_have_value("Venue")
    await page_before.page.keyboard.press("Escape")
    await expect(page_before.page.get_by_text("ni elle ni sa liste ne peuvent plus être modifiées")).to_be_visible()
    await expect(page_before.button("Ajouter un candidat")).to_have_count(0)
    office = await Office(await hall.device("admin", viewport=WIDE)).open(room.number)
    await expect(office.page.get_by_text("ni elle ni sa liste ne peuvent plus être modifiées")).to_be_visible()
    for gone in ("Modifier", "Supprimer la session…"):
        await expect(office.button(gone)).to_have_count(0)
    await expect(office.page.get_by_text("À finaliser avant le")).to_be_visible()
    await expect(office.page.get_by_role("link", name="Finaliser la session")).to_have_attribute(
        "href", f"/sessions/{room.number}/finalize"
    )
    ok(await tab.ask("finish"))
    await hold_it_again(office, room.number)


async def hold_it_again(office: Office, number: int) -> None:
    """Those who have not finished are on the list of the new session, and nobody else."""
    await office.button("Nouvelle session avec ceux qui n’ont pas fini…").click()
    form = office.dialog(f"Reprendre la session {number} un autre jour")
    await form.get_by_label("Date", exact=True).fill("2027-02-01")
    await form.get_by_role("button", name="Créer la nouvelle session").click()
    await expect(office.page.get_by_role("heading", level=1, name=f"Session {number}")).to_have_count(0)
    await office.page.get_by_role("tab", name="Candidats (3)").click()
    await expect(office.person("ŒDIPE Jean Marie")).to_be_visible()
    await expect(office.person("ÉVRARD-NGUYỄN Zoé")).to_have_count(0)


async def test_codes_are_hidden_until_asked_for_and_files_are_downloaded(hall: Hall, world: World) -> None:
    room = await world.room(invigilated=False)
    device = await hall.device("admin", viewport=WIDE, permissions=["clipboard-read", "clipboard-write"])
    office = await Office(device).open(room.number)
    await expect(office.page.get_by_text(room.access_code)).to_have_count(0)
    await office.button("Afficher : Code d’accès des candidats").click()
    await expect(office.page.get_by_text(room.access_code)).to_be_visible()
    await expect(office.page.get_by_text(room.password)).to_have_count(0)
    await office.button("Copier : Mot de passe de session").click()
    await expect(office.page.get_by_text("Mot de passe de session : copié")).to_be_visible()
    assert await device.measure("navigator.clipboard.readText()") == room.password
    await office.button("Masquer : Code d’accès des candidats").click()
    await expect(office.page.get_by_text(room.access_code)).to_have_count(0)
    for name, begin in PAPERS.items():
        async with office.page.expect_download() as coming:
            await office.page.get_by_role("link", name=name).click()
        path = await (await coming.value).path()
        assert path.read_bytes().startswith(begin), name
    await expect(office.page.get_by_role("link", name="Résultats")).to_have_count(0)


async def test_what_was_typed_survives_a_hub_that_does_not_answer(hall: Hall) -> None:
    office = await Office(await hall.device("admin", viewport=WIDE)).home()
    await office.page.route("**/api/sessions", lambda route: route.abort())
    await office.button("Nouvelle session").click()
    form = office.dialog("Nouvelle session")
    await office.fill_session(form, "Lycée coupé", "Salle 9")
    await form.get_by_role("button", name="Créer la session").click()
    await expect(form.get_by_role("alert").filter(has_text="Le serveur ne répond pas.")).to_be_visible()
    office.device.forget("net::ERR_FAILED")
    await office.page.unroute("**/api/sessions")
    await form.get_by_role("button", name="Créer la session").click()
    await expect(office.page.get_by_text("Lycée coupé, Salle 9")).to_be_visible()
