"""The normal form of names: what a phone types finds what the list prints."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.identity import normal_form


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("zoe", "Zoé"),
        ("LE GALL", "Le\u00a0Gall"),
        ("d'arc", "D’Arc"),
        ("dupont durand", "Dupont-Durand"),
        ("  jean   paul ", "Jean-Paul"),
        ("oeuvre", "Œuvre"),
        ("laetitia", "Lætitia"),
        ("sorensen", "Sørensen"),
        ("lukasz", "Łukasz"),
        ("dokovic", "Đoković"),
        ("strasse", "Straße"),
        ("STRASSE", "STRAẞE"),
        ("nguyen", "Nguyễn"),
        ("zoe", "Zoe\u0301"),
        ("henri4", "Henri④"),
    ],
)
def test_two_spellings_of_one_name_are_equal(typed: str, printed: str) -> None:
    assert normal_form(typed) == normal_form(printed)


@pytest.mark.parametrize(("one", "other"), [("Martin", "Martine"), ("Jean Paul", "Jeanpaul"), ("Li", "Lï n")])
def test_other_names_stay_other(one: str, other: str) -> None:
    assert normal_form(one) != normal_form(other)


def test_a_name_of_signs_alone_is_nothing() -> None:
    assert normal_form(" -'\0· ") == ""


@given(st.text())
def test_the_normal_form_is_its_own(name: str) -> None:
    assert normal_form(normal_form(name)) == normal_form(name)
