"""No fact of a candidate hides another: every pair that can be true at once is read on the screen."""

from __future__ import annotations

from typing import Any

from playwright.async_api import expect

from tests.browser.feeds import MadeRoom, every_pair
from tests.browser.hall import Device, Hall

READ = """
{
  const isSeen = (fact) => fact.checkVisibility({ visibilityProperty: true, opacityProperty: true })
    && fact.getBoundingClientRect().right <= innerWidth;
  const said = {};
  for (const row of document.querySelectorAll("{part} li.row")) {
    const facts = [...row.querySelectorAll(".facts li")].filter(isSeen).map((fact) => fact.innerText.trim());
    (said[row.querySelector("h3").innerText.trim()] ??= []).push(...facts);
  }
  said;
}
"""


async def read(device: Device, part: str) -> dict[str, list[str]]:
    """Read what each row says, by the name on it; a name with several cards has all their texts."""
    said: dict[str, list[str]] = await device.measure(READ.replace("{part}", part))
    return said


def missing(expected: list[dict[str, Any]], key: str, shown: dict[str, list[str]]) -> list[str]:
    """List what should stand there and does not."""
    return [
        f"{one['name']}: no {text!r} in {shown.get(one['name'])}"
        for one in expected
        for text in one[key]
        if not any(said.startswith(text) for said in shown.get(one["name"], []))
    ]


async def test_both_facts_of_every_pair_are_on_the_row_and_both_needs_on_the_list(hall: Hall) -> None:
    made = every_pair()
    device = await hall.device("invigilator")
    room = await MadeRoom.on(device.page, made["snapshot"])
    await device.page.goto(f"/invigilate/{room.snapshot['session']['number']}")
    rows = device.page.get_by_role("region", name="Candidats").get_by_role("heading", level=3)
    await expect(rows).to_have_count(len(made["expected"]))
    assert len(made["expected"]) > 70, "the pairs were made"
    assert missing(made["expected"], "facts", await read(device, ".list")) == []
    await device.page.get_by_role("button", name="À traiter").click()
    await expect(
        device.page.get_by_role("region", name="À traiter").get_by_role("heading", level=3).first
    ).to_be_visible()
    both = [one for one in made["expected"] if one["needs"]]
    assert len(both) > 5, both
    assert missing(both, "needs", await read(device, ".needs")) == []
