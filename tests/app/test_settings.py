"""Every setting is known to its reader by name: in README.md, and in the sentence that refuses a bad one."""

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from app.settings import BadSetting, Settings, load, table

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
KEYS = {"DUDAO_ID_KEY": "k" * 32, "DUDAO_SEAL_KEY": "s" * 32, "DUDAO_CURSOR_KEY": "c" * 32}


def given(monkeypatch: pytest.MonkeyPatch, folder: Path, **variables: str) -> Settings:
    """The settings of a process with these variables in `folder`."""
    monkeypatch.chdir(folder)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return load()


@pytest.mark.parametrize("line", table().splitlines())
def test_readme_lists_every_setting_as_it_is(line: str) -> None:
    assert line in README.read_text().splitlines()


def test_every_setting_is_described_in_a_sentence() -> None:
    for name, info in Settings.model_fields.items():
        assert info.description, name
        assert info.description.endswith((".", ";")), name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DUDAO_PORT", "70000"),
        ("DUDAO_PORT", "http"),
        ("DUDAO_WORKERS", "0"),
        ("DUDAO_POOL_SIZE", "-1"),
        ("DUDAO_DEMO", "perhaps"),
        ("DUDAO_GET", "2"),
        ("DUDAO_DATABASE_URL", "mysql://me:hush-hush@there/dudao"),
        ("DUDAO_DATABASE_URL", "hush-hush"),
        ("DUDAO_OWNER_DATABASE_URL", "postgresql+psycopg://me:hush-hush@there/dudao"),
        ("DUDAO_ID_KEY", "hush-hush"),
        ("DUDAO_CURSOR_KEY", "hush-hush"),
        ("DUDAO_SEAL_KEY", "hush-hush"),
        ("DUDAO_SEAL_KEY_BEFORE", "hush-hush"),
        ("DUDAO_ALLOWED_HOSTS", " , "),
        ("DUDAO_BODY_BYTES", "10"),
        ("DUDAO_STATEMENT_TIMEOUT", "0"),
        ("DUDAO_PROT", "8000"),
    ],
)
def test_a_bad_setting_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(BadSetting) as caught:
        given(monkeypatch, tmp_path, **{**KEYS, name: value})
    said = str(caught.value)
    assert said.startswith(f"{name} ")
    assert "\n" not in said
    assert "hush-hush" not in said
    assert list(tmp_path.iterdir()) == []


def test_a_slip_is_told_what_was_meant(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="did you mean DUDAO_PORT"):
        given(monkeypatch, tmp_path, DUDAO_PROT="8000")


@pytest.mark.parametrize("name", sorted(KEYS))
def test_outside_the_demo_no_secret_has_a_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    with pytest.raises(BadSetting, match=f"^{name} must be given outside the demo"):
        given(monkeypatch, tmp_path, **{other: value for other, value in KEYS.items() if other != name})
    assert list(tmp_path.iterdir()) == []


def test_the_demo_makes_its_keys_once_and_keeps_them_private(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first = given(monkeypatch, tmp_path, DUDAO_DEMO="on", DUDAO_DATA_DIR="there")
    kept = tmp_path / "there" / "keys.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert load() == first
    assert first.id_key != first.cursor_key
    assert len(first.id_key.get_secret_value()) == 64


def test_a_key_that_is_given_goes_before_the_demos(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = given(monkeypatch, tmp_path, DUDAO_DEMO="on", DUDAO_ID_KEY="k" * 32)
    assert settings.id_key == SecretStr("k" * 32)


def test_secrets_and_urls_are_not_printed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = given(monkeypatch, tmp_path, **KEYS, DUDAO_DATABASE_URL="postgresql://me:hush-hush@there/dudao")
    assert settings.database_url == "postgresql+asyncpg://me:hush-hush@there/dudao"
    assert "hush-hush" not in repr(settings)
    assert "kkk" not in repr(settings)


def test_lists_are_words_with_commas(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = given(monkeypatch, tmp_path, **KEYS, DUDAO_ALLOWED_HOSTS="dudao.example.cn, *.example.com")
    assert settings.allowed_hosts == ["dudao.example.cn", "*.example.com"]


def test_the_data_folder_is_of_the_folder_of_the_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert given(monkeypatch, tmp_path, **KEYS).data_dir == tmp_path / "var"


def test_the_command_ends_with_two_and_one_sentence(tmp_path: Path) -> None:
    """As an operator meets it."""
    environment = {"PYTHONPATH": str(ROOT), "DUDAO_PORT": "many"}
    ran = subprocess.run([sys.executable, "-m", "app.cli", "serve"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert ran.stdout == ""
    assert ran.stderr.splitlines() == ["DUDAO_PORT is not usable: input should be a valid integer, unable to parse string as an integer."]
