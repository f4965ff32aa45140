"""The registry's error, and how errors of databases and drivers become one."""

from typing import Final

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

_STEPS: Final = {
    "28000": "correct the user and the password in its address",
    "28P01": "correct the user and the password in its address",
    "3D000": "create that database, or correct its name in the address, then run "
    "`conviction-gate registry migrate`",
    "42501": "make the address's user the owner of that database, or let it read, write and create there",
    "53300": "raise the server's max_connections, or run fewer workers",
    "57P03": "the server is starting or stopping; try again in a moment",
}
"""By SQLSTATE (PostgreSQL's manual, appendix A)."""

_STEP: Final = "check that the database exists, is writable and not locked by another program, then try again"


class RegistryError(Exception):
    """The registry cannot be used; the text says why and what to do next."""


def place(url: URL) -> str:
    """An address without its password, for messages; the query may hold one as well."""
    return url.difference_update_query(["password"]).render_as_string()


def not_connected(url: URL, error: Exception) -> RegistryError:
    """The error for a connection that could not be opened."""
    match _cause(error):
        case OSError():
            step = "start the server, or correct the host and the port in its address"
        case TypeError() | ValueError():
            step = (
                "correct what follows the `?` in its address: the driver does not know it "
                "(write ssl=require for sslmode=require)"
            )
        case cause:
            step = _STEPS.get(sqlstate(cause), _STEP)
    return _does_not_answer(url, error, step)


def not_done(url: URL, error: Exception) -> RegistryError:
    """The error for a transaction that failed."""
    return _does_not_answer(url, error, _STEPS.get(sqlstate(error), _STEP))


def sqlstate(error: BaseException) -> str:
    """The server's error code; empty where the error does not come from a server."""
    return getattr(_cause(error), "sqlstate", None) or ""


def _cause(error: BaseException) -> BaseException:
    """The driver's own error, which SQLAlchemy wraps once or twice."""
    inner = error.orig if isinstance(error, DBAPIError) and error.orig else error
    return inner.__cause__ or inner


def _does_not_answer(url: URL, error: Exception, step: str) -> RegistryError:
    cause = _cause(error)
    # SQLite's texts name tables and files only; a server's may quote a row, and so a person's ids.
    text = f": {cause}" if type(cause).__module__ == "sqlite3" else ""
    kind = type(cause).__name__
    return RegistryError(f"the registry at {place(url)} does not answer ({kind}{text}); {step}")
