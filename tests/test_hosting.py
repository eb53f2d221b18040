"""What a host does, and what is refused them in a sentence."""

import base64
import stat
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.clock import wall_clock
from bot.hosting import only_one, open_store
from bot.settings import Settings, read_settings
from bot.storage.store import RefusedDatabaseError, standing

ANOTHER_KEY = base64.urlsafe_b64encode(b"k" * 32).decode()


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be a host whose data lie in a folder that is not there yet."""
    folder = tmp_path / "data"
    monkeypatch.setenv("DATA_DIR", str(folder))
    for name in ("BOT_TOKEN", "DATABASE_URL", "TEND_KEY"):
        monkeypatch.delenv(name, raising=False)
    return folder


def test_a_backup_is_whole_its_owners_alone_and_never_put_over_another_file(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "backup.db"
    assert main(["backup", str(copy)]) == 2
    assert "There is no database in this DATA_DIR" in capsys.readouterr().err
    assert not copy.exists()
    assert not data.exists()

    assert main(["migrate"]) == 0
    assert main(["backup", str(copy)]) == 0
    assert standing(f"sqlite:///{copy}").at == standing(f"sqlite:///{data / 'tend' / 'tend.db'}").at != ()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600

    before = copy.read_bytes()
    assert main(["backup", str(copy)]) == 2
    assert "cannot be written" in capsys.readouterr().err
    assert copy.read_bytes() == before


def test_of_postgresql_it_is_said_how_a_backup_is_made(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://tend@127.0.0.1/tend")
    assert main(["backup", str(data / "backup.db")]) == 2
    assert "pg_dump" in capsys.readouterr().err


def test_on_sqlite_nobody_else_runs_and_after_an_end_somebody_may(data: Path) -> None:
    settings = read_settings()
    for _ in range(2):
        refused = pytest.raises(RefusedDatabaseError, match="SQLite has one process")
        with only_one(settings), refused, only_one(settings):
            pass
    many = Settings(data_dir=data, database_url="postgresql://tend@127.0.0.1/tend")
    with only_one(many), only_one(many):
        pass


def test_a_migration_with_another_key_is_refused_though_there_is_nothing_to_do(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    open_store(read_settings(), wall_clock, migrating=False).close()
    assert (data / "tend" / "key").exists()
    assert main(["migrate"]) == 0
    monkeypatch.setenv("TEND_KEY", ANOTHER_KEY)
    assert main(["migrate"]) == 2
    assert "sealed with another key" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["run", "migrate"])
def test_a_folder_that_cannot_be_used_is_said_in_a_sentence(
    data: Path, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data.write_text("not a folder")
    monkeypatch.setenv("BOT_TOKEN", "1:token")
    assert main([command]) == 2
    assert capsys.readouterr().err.startswith("DATA_DIR cannot be used (")


@pytest.mark.parametrize(
    "url", ["foo", "oracle+nothing://SECRET@x/y", "mysql+pymysql://tend:SECRET@x/y", "/var/lib/tend.db"]
)
def test_a_database_of_another_kind_is_said_in_a_sentence(
    data: Path, url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    assert main(["run"]) == 2
    said = capsys.readouterr().err
    assert (
        said == "Please look at these settings. DATABASE_URL: it begins with postgresql:// or sqlite:///.\n"
    )
    assert not data.exists()
