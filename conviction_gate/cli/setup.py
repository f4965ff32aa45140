"""The commands `setup` and `registry migrate`: what a server and a database need before a worker."""

from typing import Final

from conviction_gate.cli.help import App
from conviction_gate.cli.options import Data
from conviction_gate.cli.session import run
from conviction_gate.config.settings import Settings
from conviction_gate.temporal.connect import connect

registry: Final = App("Migrate the project's own database.")


def setup(data: Data = None) -> None:
    """Register the search attributes on a server and create the registry's tables. Safe to repeat."""

    async def work() -> None:
        from conviction_gate.registry import migrate
        from conviction_gate.temporal import search_attributes

        await search_attributes.ensure(await connect(needs_keys=False))
        await migrate(Settings().registry)

    run(work())
    print("the server's search attributes and the registry are set up")


def migrate(data: Data = None) -> None:
    """Create the registry's tables, or migrate them to this release's schema. Safe to repeat."""

    async def work() -> None:
        from conviction_gate.registry import migrate

        await migrate(Settings().registry)

    run(work())
    print("the registry is set up")


registry.add(migrate, "registry migrate")
