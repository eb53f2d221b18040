"""Settings: read once, from the environment alone; what is wrong is said in a sentence without its value."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.__main__ import main
from bot.settings import RefusedSettingsError, Settings, read_settings

NAMES = [name.upper() for name in Settings.model_fields]


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Let nothing be set, in a folder that holds nothing."""
    for name in (*NAMES, *map(str.lower, NAMES)):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return monkeypatch


def test_nothing_needs_to_be_set() -> None:
    settings = read_settings()
    assert settings.database == "sqlite:///data/tend/tend.db"
    assert settings.bot_api_url == "https://api.telegram.org"
    assert (settings.port, settings.log_level, settings.log_format) == (8080, "INFO", "text")
    assert settings.home.key


def test_the_limits_stay_below_telegrams() -> None:
    settings = read_settings()
    assert settings.prompts_a_second + settings.answers_a_second <= 30
    assert settings.group_a_minute < 20
    assert settings.in_flight <= 16


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BOT_API_URL", "ftp://ZEBRA"), ("PORT", "ZEBRA"), ("PORT", "0"), ("PORT", "65536"),
        ("LOG_LEVEL", "ZEBRA"),
        ("LOG_FORMAT", "ZEBRA"), ("ZONE", "Europe/ZEBRA"), ("ZONE", "A" * 5000), ("ZONE", "../etc/passwd"),
        ("REQUEST_TIMEOUT", "0"), ("REQUEST_TIMEOUT", "ZEBRA"), ("GROUP_A_MINUTE", "21"), ("IN_FLIGHT", "0"),
        ("PROMPTS_A_SECOND", "0"), ("ANSWERS_A_SECOND", "-1"),
        ("LISTEN", "ZEBRA"), ("LISTEN", "ZEBRA:eighty"), ("WEBHOOK_URL", "ftp://ZEBRA"),
        ("WEBHOOK_URL", "https://ZEBRA.example"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_and_its_value_is_not(bare: pytest.MonkeyPatch, name: str, value: str) -> None:
    bare.setenv(name, value)
    with pytest.raises(RefusedSettingsError) as refused:
        read_settings()
    sentence = str(refused.value)
    assert sentence.startswith("Please look at these settings. ")
    assert sentence.endswith(".")
    assert name in sentence
    assert "ZEBRA" not in sentence
    assert "AAAA" not in sentence
    assert refused.value.__cause__ is None


def test_all_that_is_wrong_is_named_at_once(bare: pytest.MonkeyPatch) -> None:
    bare.setenv("PORT", "x")
    bare.setenv("ZONE", "x")
    with pytest.raises(RefusedSettingsError, match=r"PORT.*ZONE"):
        read_settings()


@pytest.mark.parametrize("name", ["BOT_TOKEN", "TEND_KEY", "DATABASE_URL"])
def test_a_secret_is_never_printed(bare: pytest.MonkeyPatch, name: str) -> None:
    bare.setenv(name, "sqlite://SECRET" if name == "DATABASE_URL" else "SECRET")
    settings = read_settings()
    assert (
        "SECRET"
        not in repr(settings) + str(settings) + str(settings.model_dump()) + settings.model_dump_json()
    )


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("postgres://tend:pw@db/tend", "postgresql+psycopg://tend:pw@db/tend"),
        ("postgresql://tend:pw@db/tend", "postgresql+psycopg://tend:pw@db/tend"),
        ("postgresql+psycopg://tend@db/tend", "postgresql+psycopg://tend@db/tend"),
        ("sqlite:////srv/tend.db", "sqlite:////srv/tend.db"),
        ("postgresql://tend:postgres://@db/t", "postgresql+psycopg://tend:postgres://@db/t"),
    ],
)
def test_a_database_is_named_as_hosts_name_it(bare: pytest.MonkeyPatch, given: str, named: str) -> None:
    bare.setenv("DATABASE_URL", given)
    assert read_settings().database == named


def test_a_slash_behind_the_address_is_of_no_account(bare: pytest.MonkeyPatch) -> None:
    bare.setenv("BOT_API_URL", "http://127.0.0.1:8081//")
    assert read_settings().bot_api_url == "http://127.0.0.1:8081"


def test_the_home_of_the_host_is_a_zone(bare: pytest.MonkeyPatch) -> None:
    bare.setenv("ZONE", "America/Lima")
    assert read_settings().home == ZoneInfo("America/Lima")


def test_a_zone_that_this_machine_misnames_is_not_fatal(bare: pytest.MonkeyPatch) -> None:
    bare.setenv("TZ", "Nowhere/Zebra")
    assert read_settings().home.key


def test_other_things_in_the_environment_are_not_ours(bare: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bare.setenv("SOMETHING", "else")
    (tmp_path / ".env").write_text("PORT=1\n")
    assert read_settings().port == 8080


def test_every_setting_says_what_it_is_for() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name


def test_nobody_plays_with_the_data_of_a_real_bot(
    bare: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tend").mkdir()
    bare.setenv("DATA_DIR", str(tmp_path))

    assert main(["play"]) == 2
    assert "another folder" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [tmp_path / "tend"]


def test_nobody_plays_on_the_database_of_a_real_bot(
    bare: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bare.setenv("DATA_DIR", str(tmp_path))
    bare.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'real.db'}")
    bare.setenv("BOT_TOKEN", "123:abc")

    assert main(["play"]) == 2
    assert "without them" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_webhook_needs_a_port_and_a_secret(bare: pytest.MonkeyPatch) -> None:
    for name, value, lacks in (
        ("WEBHOOK_URL", "https://us.example/telegram", "LISTEN"),
        ("LISTEN", "[::1]:8081", "WEBHOOK_SECRET"),
        ("WEBHOOK_SECRET", "too short", "WEBHOOK_SECRET"),
    ):
        bare.setenv(name, value)
        with pytest.raises(RefusedSettingsError, match=lacks) as refused:
            read_settings()
        assert "too short" not in str(refused.value)
    bare.setenv("WEBHOOK_SECRET", "of-sixteen-signs")
    assert read_settings().webhook_url == "https://us.example/telegram"
