"""The table of settings: what it takes, what it refuses, and that the README shows all of it."""

from __future__ import annotations

from pathlib import Path

import pytest

import settings
from settings import SettingsError

README = Path(settings.__file__).parent / "README.md"


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    return tmp_path / ".env"


def test_without_anything_it_is_the_defaults(env_file: Path) -> None:
    found = settings.load(env_file)
    assert found == settings.Settings(_env_file=None)
    assert (found.host, found.port, found.lake_dir) == ("127.0.0.1", 8050, Path("data/lake"))


def test_it_reads_the_environment(env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OBSERVATORY_PORT", "8123")
    monkeypatch.setenv("OBSERVATORY_DATA_DIR", "/somewhere")
    found = settings.load(env_file)
    assert (found.port, found.spool_path) == (8123, Path("/somewhere/spool.sqlite"))


def test_it_reads_the_file(env_file: Path) -> None:
    env_file.write_text("# ours\nOBSERVATORY_PORT=8200\nOBSERVATORY_DEMO=off\n")
    found = settings.load(env_file)
    assert (found.port, found.demo) == (8200, "off")


def test_the_environment_wins(env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    env_file.write_text("OBSERVATORY_PORT=8200\nOBSERVATORY_QUERY_THREADS=1\n")
    monkeypatch.setenv("OBSERVATORY_PORT", "8300")
    found = settings.load(env_file)
    assert (found.port, found.query_threads) == (8300, 1)


def test_it_names_an_unknown_setting(env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OBSERVATORY_PROT", "8050")
    with pytest.raises(SettingsError, match=r"^Unknown setting: OBSERVATORY_PROT\. The README"):
        settings.load(env_file)


@pytest.mark.parametrize("name", ["OBSERVATORY_PROT", "SOMEBODY_ELSES"])
def test_it_names_an_unknown_setting_of_the_file(env_file: Path, name: str) -> None:
    env_file.write_text(f"{name}=8050\n")
    with pytest.raises(SettingsError, match=rf"^Unknown setting: {name}\. The README"):
        settings.load(env_file)


@pytest.mark.parametrize(
    ("name", "value", "expects"),
    [
        ("OBSERVATORY_PORT", "eighty", "integer"),
        ("OBSERVATORY_PORT", "", "integer"),
        ("OBSERVATORY_PORT", "70000", "less than or equal to 65535"),
        ("OBSERVATORY_SESSION_HOURS", "0", "greater than or equal to 1"),
        ("OBSERVATORY_DRAIN_SECONDS", "soon", "number"),
        ("OBSERVATORY_SECURE_COOKIES", "perhaps", "boolean"),
        ("OBSERVATORY_DEMO", "sometimes", "'auto' or 'off'"),
    ],
)
def test_it_names_a_malformed_setting_and_what_is_expected(
    env_file: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, expects: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=f"^Setting {name}: .*{expects}"):
        settings.load(env_file)


def test_it_names_all_that_is_wrong_at_once(env_file: Path) -> None:
    env_file.write_text("OBSERVATORY_PORT=x\nOBSERVATORY_DEMO=y\n")
    with pytest.raises(SettingsError, match=r"OBSERVATORY_PORT: .*; Setting OBSERVATORY_DEMO: "):
        settings.load(env_file)


def test_it_never_prints_the_key(env_file: Path) -> None:
    env_file.write_text("OBSERVATORY_SECRET_KEY=hush-hush\n")
    assert "hush-hush" not in repr(settings.load(env_file))


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        settings.Settings(_env_file=None).port = 1


@pytest.mark.parametrize("name", settings.Settings.model_fields)
def test_every_setting_has_a_sentence(name: str) -> None:
    sentence = settings.Settings.model_fields[name].description or ""
    assert sentence[:1].isupper() or sentence.startswith("`")
    assert sentence.endswith(".")


def test_the_table_has_a_row_for_every_setting() -> None:
    rows = settings.readme_table().splitlines()[2:]
    assert len(rows) == len(settings.Settings.model_fields)
    assert rows[1] == (
        "| `OBSERVATORY_PORT` | whole number | `8050` | Port of the web server and the receiver. |"
    )


def test_the_readme_shows_the_table() -> None:
    assert README.exists(), "README.md is missing"
    assert settings.readme_table() in README.read_text(encoding="utf-8"), (
        "The README's table of settings is not the one of settings.py. Replace it by what this "
        "prints:\n    python -c 'import settings; print(settings.readme_table())'"
    )
