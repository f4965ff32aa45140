"""The command line on a PostgreSQL server, and one that lets nobody in."""

import asyncio
import json

import pytest
from typer.testing import CliRunner

from conviction_gate.cli.command_line import app
from conviction_gate.registry import Registry, RegistryError, migrate
from tests.support.conclusions import AGENCY, sql
from tests.support.postgres import Postgres


def gate(*words: str, stdin: str = "", code: int = 0) -> str:
    result = CliRunner().invoke(app, words, input=stdin)
    assert result.exit_code == code, result.output
    return result.output


def test_the_command_line_takes_a_server_by_its_address(
    bare_postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONVICTION_GATE_REGISTRY_URL", bare_postgresql_url)
    assert "registry migrate" in gate("flags", code=2)
    for _ in range(2):
        assert gate("registry", "migrate") == "the registry is set up\n"
    assert gate("history", "import", "-", stdin='{"subject": {"fbi_number": "F-1"}}').startswith("1 imported")
    entry = {
        "agency": AGENCY,
        "tracking_number": "T-1",
        "type": "conviction",
        "message_id": "c-1",
        "charge_id": "1",
        "decided_on": "2013-07-15",
    }
    assert gate("docket", "import", "-", stdin=json.dumps(entry)).startswith("1 imported")
    assert gate("flags", "--json") == "[]\n"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (("kept-from-messages", "hush"), "InvalidPassword.*; correct the user and the password in its address"),
        (("//registry:", "//nobody:"), "InvalidPassword.*; correct the user and the password in its address"),
        (("/registry_", "/no_"), "InvalidCatalogName.*; create that database, .* registry migrate"),
        (("host=", "host=/nowhere"), "FileNotFound.*; start the server, or correct the host and the port"),
        (("@/", "@127.0.0.1:1/"), "ConnectionRefused.*; start the server, or correct the host and the port"),
        (("host=", "sslmode=require&host="), r"TypeError.*; correct what follows the `\?`"),
        (("host=", "command_timeout=soon&host="), r"Error.*; correct what follows the `\?`"),
        (("host=", "password=hush&host="), "InvalidPassword.*; correct the user and the password"),
    ],
    ids=lambda value: " to ".join(value) if isinstance(value, tuple) else "",
)
def test_a_server_that_lets_nobody_in_is_told_in_a_line_without_the_password(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch, changed: tuple[str, str], reason: str
) -> None:
    address = postgresql_url.replace(*changed)
    if changed[0] == "@/":
        address = address.partition("?")[0]
    monkeypatch.setenv("CONVICTION_GATE_REGISTRY_URL", address)
    said = gate("registry", "migrate", code=2)
    assert said.count("\n") == 1
    with pytest.raises(RegistryError, match=reason) as error:
        asyncio.run(opened_and_closed(address))
    for shown in (said, str(error.value), repr(error.value)):
        assert Postgres.PASSWORD not in shown
        assert "hush" not in shown


async def opened_and_closed(address: str) -> None:
    async with await Registry.open(address):
        pass


async def test_a_user_who_may_not_make_tables_is_told(bare_postgresql_url: str) -> None:
    await sql(bare_postgresql_url, "CREATE ROLE guest LOGIN PASSWORD 'hush'")
    address = bare_postgresql_url.replace(f"registry:{Postgres.PASSWORD}@", "guest:hush@")
    try:
        with pytest.raises(RegistryError, match=r"InsufficientPrivilege.*; make the address's user the owner"):
            await migrate(address)
    finally:
        await sql(bare_postgresql_url, "DROP ROLE guest")
