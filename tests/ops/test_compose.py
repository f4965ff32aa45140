"""docker-compose.yml, as far as it can be tried without an engine. Run by `make test-ops`."""

import itertools
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from conviction_gate.config.settings import Settings
from conviction_gate.desk.open_id import OpenId
from conviction_gate.devserver.temporal_server import DYNAMIC_CONFIG
from conviction_gate.door.callers import read_callers
from tests.ops.conftest import ROOT
from tests.support.postgres import Postgres, program

FILE = ROOT / "docker-compose.yml"
SIGN_IN = ROOT / "deploy/compose/sign-in.yaml"
DESK = ROOT / "deploy/compose/desk.yaml"
JOBS = {"schema", "namespace", "setup"}
TEMPORAL = Path(sys.executable).with_name("temporal")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return loaded


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose["services"]
    return found


def test_it_is_what_the_schema_of_compose_files_allows() -> None:
    checker = Path(sys.executable).with_name("check-jsonschema")
    command = [str(checker), "--builtin-schema", "vendor.compose-spec", *map(str, (FILE, SIGN_IN, DESK))]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_is_reached_from_another_machine(services: dict[str, dict[str, Any]]) -> None:
    ports = [port for service in services.values() for port in service.get("ports", ())]
    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_every_image_is_pinned(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        _, _, tag = service["image"].partition(":")
        assert tag, name
        assert tag != "latest", name


def test_its_server_is_the_one_that_the_tests_run_on(services: dict[str, dict[str, Any]]) -> None:
    printed = subprocess.run([str(TEMPORAL), "--version"], check=True, capture_output=True, text=True).stdout
    server, ui = re.findall(r"(?:Server|UI) ([\d.]+)", printed)
    assert {services[name]["image"] for name in ("temporal", "schema", "namespace", "ui")} == {
        f"temporalio/server:{server}",
        f"temporalio/admin-tools:{server}",
        f"temporalio/ui:{ui}",
    }


def test_its_server_reads_each_variable(services: dict[str, dict[str, Any]]) -> None:
    # The program has the template in it that the image's server makes its configuration from.
    template = TEMPORAL.resolve().read_bytes()
    read = ("POSTGRES_PWD", *services["temporal"]["environment"])
    assert [variable for variable in read if f'env "{variable}"'.encode() not in template] == []


def test_each_setting_is_one() -> None:
    """A variable that is misspelled would be passed over without a word."""
    files = [FILE, ROOT / "Dockerfile", *(ROOT / "deploy").rglob("*.yaml"), ROOT / "deploy/compose/new-secrets"]
    named = {
        name.lower()
        for path in files
        for name in re.findall(r"(?i)conviction_gate_([a-z_]+)", path.read_text())
    }
    assert named - {"secrets"} <= Settings.model_fields.keys()


def test_each_service_waits_for_what_it_stands_on(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        assert "restart" in service, name
        for other, wait in service.get("depends_on", {}).items():
            if wait["condition"] == "service_completed_successfully":
                assert other in JOBS, name
                assert services[other]["restart"].startswith("on-failure"), other
            else:
                assert wait["condition"] == "service_healthy", name
                assert "healthcheck" in services[other], other
    order = ["postgres", "schema", "temporal", "namespace", "setup", "worker"]
    for before, after in itertools.pairwise(order):
        assert before in services[after]["depends_on"]


def test_its_secrets_are_those_that_are_made(
    compose: dict[str, Any], services: dict[str, dict[str, Any]], secrets: Path
) -> None:
    made = {path.name for path in secrets.iterdir()}
    assert secrets.stat().st_mode & 0o077 == 0
    assert {secret["file"].rpartition("/")[2] for secret in compose["secrets"].values()} == made
    assert all(secret["file"].startswith("${GATE_SECRETS:?") for secret in compose["secrets"].values())
    used = {name for service in services.values() for name in service.get("secrets", ())}
    assert used == made
    assert re.findall(r"(?m)^GATE_SECRETS=(.+)$", (secrets.parents[2] / ".env").read_text()) == [
        "./deploy/compose/secrets"
    ]


def test_no_password_stands_in_it(services: dict[str, dict[str, Any]]) -> None:
    more = [each for file in (SIGN_IN, DESK) for each in yaml.safe_load(file.read_text())["services"].items()]
    named = {
        f"{name}.{variable}"
        for name, service in (*services.items(), *more)
        for variable in service.get("environment", {})
        if re.search(r"PASSWORD|PWD|TOKEN|KEY|SECRET$", variable)
    } - {"ui.TEMPORAL_CODEC_PASS_ACCESS_TOKEN"}  # a yes or no
    assert all(variable.endswith("_FILE") for variable in named), named


def test_with_a_sign_in_the_web_ui_passes_on_the_token_that_the_codec_server_takes(
    services: dict[str, dict[str, Any]],
) -> None:
    more = yaml.safe_load(SIGN_IN.read_text())
    assert more["services"].keys() == {"ui", "codec"} <= services.keys()
    ui, codec = (more["services"][name]["environment"] for name in ("ui", "codec"))
    assert (ui["TEMPORAL_AUTH_ENABLED"], ui["TEMPORAL_CODEC_PASS_ACCESS_TOKEN"]) == ("true", "true")
    assert ui["TEMPORAL_AUTH_PROVIDER_URL"] == codec["CONVICTION_GATE_CODEC_ISSUER"]
    assert ui["TEMPORAL_CORS_ORIGINS"] == codec["CONVICTION_GATE_CODEC_ORIGINS"]
    assert [*more["secrets"]] == more["services"]["ui"]["secrets"] == ["ui_client_secret"]


@pytest.mark.parametrize("file", [SIGN_IN, DESK], ids=lambda file: file.stem)
def test_what_has_no_default_is_asked_for_and_the_page_has_each(file: Path) -> None:
    named = re.findall(r"\$\{([A-Z_]+)(:.)?", file.read_text())
    assert {name for name, said in named} == {name for name, said in named if said}
    page = (ROOT / "docs/deploying.md").read_text()
    assert [name for name, _ in named if f"`{name}`" not in page and f"{name}=" not in page] == ["GATE_SECRETS"]


def test_with_a_sign_in_the_door_has_the_desk(
    services: dict[str, dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = yaml.safe_load(DESK.read_text())
    assert more["services"].keys() == {"door"} <= services.keys()
    assert [*more["secrets"]] == more["services"]["door"]["secrets"]
    page = (ROOT / "docs/deploying.md").read_text()
    written = dict(re.findall(r"(?m)^([A-Z_]+)='?(.+?)'?(?: +#.*)?$", page))
    for name, value in more["services"]["door"]["environment"].items():
        (variable,) = re.findall(r"\$\{([A-Z_]+)", value)
        monkeypatch.setenv(name, written[variable])
    for name in more["secrets"]:
        (tmp_path / name).write_text("the-secret-of-the-client")
    monkeypatch.setenv("CONVICTION_GATE_SECRETS", str(tmp_path))
    settings = Settings()
    assert settings.desk_client_secret is not None
    assert settings.desk_scope == "openid gate.review"
    assert OpenId.from_settings(settings) is not None


def test_secrets_are_not_made_twice(secrets: Path) -> None:
    before = {path.name: path.read_bytes() for path in secrets.iterdir()}
    again = subprocess.run(
        ["/bin/sh", str(secrets.parent / "new-secrets")], capture_output=True, text=True, check=False
    )
    assert again.returncode == 1
    assert "move both away first" in again.stderr
    assert {path.name: path.read_bytes() for path in secrets.iterdir()} == before


def test_the_worker_has_time_to_finish(services: dict[str, dict[str, Any]]) -> None:
    # Its own limit is 20 seconds (worker.py).
    assert int(services["worker"]["stop_grace_period"].removesuffix("s")) > 20
    assert services["worker"]["deploy"]["replicas"] == 2


def test_prometheus_reads_every_worker_and_the_server(services: dict[str, dict[str, Any]]) -> None:
    config = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())
    targets = {
        name: found["port"]
        for job in config["scrape_configs"]
        for found in job["dns_sd_configs"]  # all addresses behind a service's name, and none of its own
        for name in found["names"]
        if found["type"] == "A"
    }
    served = {
        "worker": services["worker"]["environment"]["CONVICTION_GATE_METRICS"],
        "temporal": services["temporal"]["environment"]["PROMETHEUS_ENDPOINT"],
    }
    assert targets == {name: int(address.rpartition(":")[2]) for name, address in served.items()}
    assert all(address.startswith("0.0.0.0:") for address in served.values())
    assert "ports" not in services["worker"]  # one for each replica cannot be bound to one port of the host


def test_the_http_ports_are_those_of_the_page(services: dict[str, dict[str, Any]]) -> None:
    page = (ROOT / "docs/deploying.md").read_text()
    ports = {port.rsplit(":", 1)[0] for service in services.values() for port in service.get("ports", ())}
    assert [port for port in ports if port not in page] == []


def test_only_the_door_takes_messages(services: dict[str, dict[str, Any]]) -> None:
    assert "ports" not in services["temporal"]
    assert services["worker"]["environment"]["CONVICTION_GATE_PLAINTEXT"] == "refuse"
    door = services["door"]
    assert (door["entrypoint"], door["ports"]) == (["conviction-gate", "serve"], ["127.0.0.1:8080:8080"])


def test_the_first_caller_fits(secrets: Path) -> None:
    callers = read_callers(secrets / "callers.toml").caller
    assert [(name, caller.may, caller.agencies) for name, caller in callers.items()] == [
        ("operator", ("*",), ("*",))
    ]


def test_the_server_is_set_as_the_embedded_one_is() -> None:
    read = yaml.safe_load((ROOT / "deploy/temporal/dynamicconfig.yaml").read_text())
    fields = {name: str(values[0]["value"]).lower() for name, values in read.items()}
    assert fields == {name: str(value).strip('"') for name, value in DYNAMIC_CONFIG.items()}
    assert all(len(values) == 1 for values in read.values())


def test_its_databases_keep_apart(postgres: Postgres, secrets: Path) -> None:
    script = (ROOT / "deploy/compose/databases.sql").read_text().replace("/run/secrets", str(secrets))
    psql(postgres, postgres.OWNER, "postgres", script, postgres.PASSWORD)

    def run(role: str, database: str, statement: str) -> None:
        psql(postgres, role, database, statement, (secrets / f"{role}_password").read_text())

    run("temporal", "temporal", "CREATE TABLE executions ()")
    run("temporal", "temporal_visibility", "CREATE EXTENSION btree_gin")  # as its own tables need it
    run("gate", "gate", "CREATE TABLE flags ()")
    for role, database in (("gate", "temporal"), ("gate", "temporal_visibility"), ("temporal", "gate")):
        with pytest.raises(AssertionError, match="permission denied for database"):
            run(role, database, "SELECT 1")
    url = (secrets / "conviction_gate_registry_url").read_text()
    assert url == f"postgresql+asyncpg://gate:{(secrets / 'gate_password').read_text()}@postgres:5432/gate"


def psql(postgres: Postgres, role: str, database: str, statements: str, password: str) -> None:
    done = subprocess.run(
        [
            *(str(program("psql")), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"),
            *(f"--host={postgres.folder}", f"--username={role}", f"--dbname={database}"),
        ],
        input=statements,
        env={"PGPASSWORD": password, "PATH": os.defpath},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
