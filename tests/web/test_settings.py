"""Settings are right, or named; addresses are what browsers send as Origin."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from hub.policy import Policy
from web.place import place_of
from web.settings import Settings, SettingsError, read


def test_without_settings_everything_is_local_and_standard() -> None:
    assert read({}) == Settings()
    assert read({"VIGIE_PORT": " ", "OTHER": "x"}) == Settings()
    assert (Settings().host, Settings().port, Settings().var) == ("127.0.0.1", 8000, Path("var"))


def test_durations_of_the_policy_are_chosen_in_seconds() -> None:
    chosen = read({"VIGIE_UNDO_SECONDS": "0", "VIGIE_HUB_GRACE_SECONDS": "300"}).policy
    assert chosen == Policy(undo=timedelta(0), hub_grace=timedelta(minutes=5))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "80000"),
        ("PORT", "http"),
        ("PORT", "-1"),
        ("HOST", "http://somewhere"),
        ("DEMO_PLAYERS", "25"),
        ("DEMO_PACE", "0"),
        ("UNDO_SECONDS", "ten"),
        ("SECRET_KEY", "short"),
        ("DATABASE_URL", "mysql://x/y"),
        ("REDIS_URL", "localhost:6379"),
        ("PUBLIC_URL", "https://exam.example.org/path"),
        ("ORIGINS", "https://a.example.org, exam.example.org"),
        ("PROXIES", "proxy"),
        ("LOG_FORMAT", "xml"),
    ],
)
def test_a_wrong_setting_is_named_and_its_value_is_not_repeated(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as raised:
        read({f"VIGIE_{name}": value})
    assert str(raised.value).startswith(f"VIGIE_{name} is not valid: ")
    assert len(value) < 6 or value not in str(raised.value)


def test_an_owner_without_a_database_is_a_mistake() -> None:
    with pytest.raises(SettingsError, match="VIGIE_DATABASE_URL is not"):
        read({"VIGIE_DATABASE_OWNER_URL": "postgresql://o@h/d"})


def test_a_secret_never_shows_in_a_representation() -> None:
    secret = "x" * 40
    assert secret not in repr(read({"VIGIE_SECRET_KEY": secret}))


def test_on_loopback_only_this_machines_pages_may_talk() -> None:
    place = place_of(Settings(), 8000)
    assert place.public_url == place.local_url == "http://127.0.0.1:8000"
    assert place.origins == {"http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000"}


def test_a_public_address_and_more_origins_join_the_list() -> None:
    chosen = read(
        {
            "VIGIE_HOST": "0.0.0.0",
            "VIGIE_PUBLIC_URL": "https://Exam.example.org:443/",
            "VIGIE_ORIGINS": "http://tablet.local:8080,https://b.example.org",
        }
    )
    place = place_of(chosen, 8000)
    assert place.local_url == "http://127.0.0.1:8000"
    assert place.public_url == "https://exam.example.org"
    wanted = {"https://exam.example.org", "http://tablet.local:8080", "https://b.example.org", "http://localhost:8000"}
    assert wanted <= place.origins


def test_a_name_on_the_network_is_its_own_origin() -> None:
    place = place_of(read({"VIGIE_HOST": "192.0.2.7"}), 80)
    assert place.origins == {"http://192.0.2.7"}
