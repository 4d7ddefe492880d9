"""The container files say what they must; read as data, since a test has no daemon to run them."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.postgres_cluster import ROLES, SUPERUSER, statements
from app.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parents[1]
WHOLE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = WHOLE["services"]
KNOWN = {PREFIX + name.upper() for name in Settings.model_fields}
DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
SECRET = re.compile(r"PASSWORD|_KEY|SECRET|TOKEN")


def instructions(name: str) -> list[str]:
    return [line.removeprefix(name).strip() for line in DOCKERFILE if line.startswith(f"{name} ")]


def waits_for(service: str) -> dict[str, str]:
    return {name: how["condition"] for name, how in SERVICES[service].get("depends_on", {}).items()}


def test_one_image_serves_and_migrates_and_runs_without_power() -> None:
    assert SERVICES["dudao"]["image"] == SERVICES["migrate"]["image"]
    assert SERVICES["dudao"]["build"] == SERVICES["migrate"]["build"] == "."
    for name in ("dudao", "migrate"):
        assert SERVICES[name]["cap_drop"] == ["ALL"]
        assert SERVICES[name]["read_only"] is True


def test_two_replicas_wait_for_one_migration_and_only_the_proxy_is_outside() -> None:
    assert SERVICES["dudao"]["deploy"]["replicas"] == 2
    assert SERVICES["migrate"]["command"] == ["migrate"]
    assert SERVICES["migrate"]["restart"] == "no"
    assert waits_for("migrate") == {"postgres": "service_healthy"}
    assert waits_for("dudao") == {"postgres": "service_healthy", "migrate": "service_completed_successfully"}
    assert waits_for("proxy") == {"dudao": "service_healthy"}
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]


def test_the_database_is_postgresql_18_and_keeps_its_data() -> None:
    postgres = SERVICES["postgres"]
    assert postgres["image"] == "postgres:18"
    assert "postgres:/var/lib/postgresql" in postgres["volumes"]
    assert "postgres" in WHOLE["volumes"]
    for flag in ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--data-checksums"):
        assert flag in postgres["environment"]["POSTGRES_INITDB_ARGS"]


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"migrate"}))
def test_whatever_runs_on_is_looked_after(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_the_service_is_healthy_when_it_is_ready_and_may_drain_before_it_is_killed() -> None:
    assert "/readyz" in " ".join(SERVICES["dudao"]["healthcheck"]["test"])
    assert int(SERVICES["dudao"]["stop_grace_period"].removesuffix("s")) > 20


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_no_secret_stands_in_the_file_and_none_may_be_missing(name: str) -> None:
    for variable, value in SERVICES[name].get("environment", {}).items():
        if SECRET.search(variable):
            assert re.fullmatch(r"\$\{[A-Z_]+:\?\}", value), variable
        assert not re.search(r"://\w+:(?!\$\{[A-Z_]+:\?\}@)", str(value)), variable


@pytest.mark.parametrize("name", ["dudao", "migrate"])
def test_every_setting_it_gives_is_one_of_ours(name: str) -> None:
    assert set(SERVICES[name]["environment"]) <= KNOWN
    assert {key.split("=")[0] for line in instructions("ENV") for key in line.split() if key.startswith(PREFIX)} <= KNOWN


def test_only_the_migration_knows_the_owner() -> None:
    assert "DUDAO_OWNER_DATABASE_URL" in SERVICES["migrate"]["environment"]
    assert "DUDAO_OWNER_DATABASE_URL" not in SERVICES["dudao"]["environment"]
    assert "//dudao_app:" in SERVICES["dudao"]["environment"]["DUDAO_DATABASE_URL"]


def test_the_roles_are_those_of_the_embedded_database() -> None:
    script = (ROOT / "docker" / "roles.sh").read_text()
    assert SERVICES["postgres"]["volumes"][1].startswith("./docker/roles.sh:/docker-entrypoint-initdb.d/")
    for role in set(ROLES) - {SUPERUSER}:
        ours = next(line for line in statements(dict.fromkeys(ROLES, "")) if line.startswith(f"CREATE ROLE {role} "))
        theirs = next(line for line in script.splitlines() if line.startswith(f"CREATE ROLE {role} "))
        assert theirs.split("PASSWORD")[0] == ours.split("PASSWORD")[0]


def test_every_file_that_is_mounted_or_copied_exists() -> None:
    mounted = [volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", []) if volume.startswith("./")]
    copied = [word for line in instructions("COPY") for word in line.split()[:-1]]
    assert mounted
    for name in mounted + copied:
        assert (ROOT / name).exists(), name
    let_in = {line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert set(copied) == let_in


def test_the_proxy_speaks_to_every_replica() -> None:
    caddyfile = (ROOT / "docker" / "Caddyfile").read_text()
    assert "dynamic a dudao 8000" in caddyfile
    assert caddyfile.count("{") == caddyfile.count("}")


def test_the_image_installs_by_hash_and_runs_as_nobody_special() -> None:
    assert any("pip install --require-hashes -r requirements.lock" in line for line in instructions("RUN"))
    assert instructions("USER") == ["dudao"]
    last = [line.split(" ")[0] for line in DOCKERFILE if line]
    assert last.index("USER") > max(index for index, word in enumerate(last) if word in {"RUN", "COPY"})
    assert instructions("ENTRYPOINT") == ['["dudao"]']
    assert instructions("CMD") == ['["serve"]']
    assert instructions("HEALTHCHECK")
    assert re.fullmatch(r"python:3\.11-\S+", instructions("FROM")[0])
