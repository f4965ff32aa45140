"""The one error that the registry raises of itself, and what a database's own error becomes."""

from typing import Final

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

_STEPS: Final = {
    "28000": "mend the user and the password in its address",
    "28P01": "mend the user and the password in its address",
    "3D000": "create that database, or mend its name in the address, then run "
    "`conviction-gate registry migrate`",
    "42501": "make the address's user the owner of that database, or let it read, write and create there",
    "53300": "raise the server's max_connections, or run fewer workers",
    "57P03": "the server is starting or stopping; try again in a moment",
}
"""By SQLSTATE (PostgreSQL's manual, appendix A)."""

_STEP: Final = "check that the database is there, writable and not held by another program, then try again"


class RegistryError(Exception):
    """The registry cannot be used as it is; the text says why and what to do next."""


def place(url: URL) -> str:
    """An address as messages may show it: a password stands in the query as well."""
    return url.difference_update_query(["password"]).render_as_string()


def not_connected(url: URL, error: Exception) -> RegistryError:
    """What a driver raised when it was asked for a connection."""
    match _cause(error):
        case OSError():
            step = "start the server, or mend the host and the port in its address"
        case TypeError() | ValueError():
            step = (
                "mend what comes after the `?` in its address: the driver does not take it "
                "(it says ssl=require for sslmode=require)"
            )
        case cause:
            step = _STEPS.get(sqlstate(cause), _STEP)
    return _does_not_answer(url, error, step)


def not_done(url: URL, error: Exception) -> RegistryError:
    """What was raised by a statement, or instead of one."""
    return _does_not_answer(url, error, _STEPS.get(sqlstate(error), _STEP))


def sqlstate(error: BaseException) -> str:
    """The server's code for what went wrong; empty where the error came from no server."""
    return getattr(_cause(error), "sqlstate", None) or ""


def _cause(error: BaseException) -> BaseException:
    """The driver's own error, which the toolkit wraps once or twice."""
    told = error.orig if isinstance(error, DBAPIError) and error.orig else error
    return told.__cause__ or told


def _does_not_answer(url: URL, error: Exception, step: str) -> RegistryError:
    cause = _cause(error)
    # SQLite's texts name tables and files; a server's may quote the row, and so a person's ids.
    text = f": {cause}" if type(cause).__module__ == "sqlite3" else ""
    kind = type(cause).__name__
    return RegistryError(f"the registry at {place(url)} does not answer ({kind}{text}); {step}")
