"""The log of a worker: a line for each record, as text or as JSON, without personal data.

The text of an exception may hold anything: a value that did not decode, a row, an answer. So only texts of
our own errors are logged; of other errors the type, and where in the code they were raised. Of the fields
that the SDK's core adds to its records, only those that are known to hold ids and counts are logged.
"""

import json
import logging
import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final, TextIO

from temporalio import activity, workflow
from temporalio.exceptions import ApplicationError

from conviction_gate.config.settings import LogFormat
from conviction_gate.temporal.status import status_code_in

_OURS: Final = (
    "conviction_gate.config.",
    "conviction_gate.contracts.encrypted_payloads",
    "conviction_gate.devserver.",
    "conviction_gate.encryption.",
    "conviction_gate.registry.",
    "conviction_gate.service.",
    "conviction_gate.sources.",
    "conviction_gate.temporal.",
)
"""Modules whose errors hold no personal data; neither do the `ApplicationError`s of our activities."""
_APPLICATION_ERROR: Final = f"{ApplicationError.__module__}.{ApplicationError.__qualname__}"
_SAFE_FIELDS: Final = ("workflow_id", "run_id", "workflow_type", "activity_type", "attempt", "code")
_FRAMES: Final = 8


class _TextFormatter(logging.Formatter):
    """`2026-11-24T12:00:00.000Z WARNING a.logger What happened (workflow_id=…): why`."""

    def format(self, record: logging.LogRecord) -> str:
        fields = _fields(record)
        head = " ".join(str(fields.pop(name)) for name in ("time", "level", "logger", "message"))
        why = fields.pop("error", None)
        where = fields.pop("raised_at", None)
        ids = " ".join(f"{name}={value}" for name, value in fields.items())
        line = head + (f" ({ids})" if ids else "") + (f": {why}" if why else "")
        return line + (f" [{' < '.join(where)}]" if where else "")


class _JsonFormatter(logging.Formatter):
    """One JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(_fields(record), ensure_ascii=False, default=str)


def configure(wanted: LogFormat | None, stream: TextIO = sys.stderr) -> None:
    """Write the process's log to the stream; `wanted` None: text for a terminal, else JSON."""
    is_text = wanted == "text" or (wanted is None and stream.isatty())
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_TextFormatter() if is_text else _JsonFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(True)
    logging.raiseExceptions = False  # else a failed write would print a traceback with values
    # Their context is logged as fields.
    activity.logger.activity_info_on_message = False
    workflow.logger.workflow_info_on_message = False


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
        "level": record.levelname,
        "logger": record.name,
        "message": _message(record),
    }
    fields |= _sdk_fields(record)
    if record.exc_info and record.exc_info[1] is not None:
        fields |= _error(record.exc_info[1], in_activity=hasattr(record, "temporal_activity"))
    return fields


def _message(record: logging.LogRecord) -> str:
    """The first line; further lines are reprs and tracebacks."""
    text = record.getMessage().partition("\n")[0].strip()
    if record.name == "py.warnings":  # `file:line: Category: text`
        return ":".join(text.split(":")[:3])
    # After a colon the SDK writes the text of an error.
    return text.partition(": ")[0] if record.name.startswith("temporalio") else text


def _sdk_fields(record: logging.LogRecord) -> dict[str, Any]:
    """The ids that a record is about, and the status code of the server's answer."""
    found: dict[str, Any] = {}
    for source in ("temporal_workflow", "temporal_activity"):
        found |= getattr(record, source, None) or {}
    core = getattr(record, "temporal_log", None)
    if core is not None:
        found |= core.fields | {"code": status_code_in(str(core.fields.get("error", "")))}
    return {name: found[name] for name in _SAFE_FIELDS if found.get(name) is not None}


def _error(error: BaseException, *, in_activity: bool) -> dict[str, Any]:
    kind = type(error)
    if is_safe_to_log(f"{kind.__module__}.{kind.__qualname__}", in_activity=in_activity):
        return {"error": " ".join(f"{kind.__name__}: {error}".split())}
    return {"error": kind.__name__, "raised_at": list(_raised_at(error))}


def is_safe_to_log(kind: str, *, in_activity: bool) -> bool:
    """Whether the text of an error of this type holds no personal data; `kind`: the type's module and name."""
    return kind.startswith(_OURS) or (in_activity and kind == _APPLICATION_ERROR)


def _raised_at(error: BaseException) -> Iterator[str]:
    """The innermost calls first, without their arguments."""
    for frame in traceback.extract_tb(error.__traceback__)[: -_FRAMES - 1 : -1]:
        file = frame.filename.rpartition("site-packages/")[2]
        yield f"{file}:{frame.lineno} {frame.name}"
