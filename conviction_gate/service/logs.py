"""The log of a worker: a line for each record, for a person or as JSON, and nobody's data in it.

What an exception says may hold anything: a value that did not decode, a row, an answer. So only what the
house says of itself is told; of another error, its kind, and where in the code it was raised. And of what
the SDK's core adds to its records, only the fields that are known to hold ids and counts.
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
from conviction_gate.temporal.connect import code_in

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
"""Whose own errors hold nobody's data; nor do those that activities raise by themselves."""
_OF_ACTIVITIES: Final = f"{ApplicationError.__module__}.{ApplicationError.__qualname__}"
_TOLD: Final = ("workflow_id", "run_id", "workflow_type", "activity_type", "attempt", "code")
_FRAMES: Final = 8


class _Lines(logging.Formatter):
    """`2026-11-24T12:00:00.000Z WARNING a.logger What happened (workflow_id=…): why`."""

    def format(self, record: logging.LogRecord) -> str:
        fields = _fields(record)
        head = " ".join(str(fields.pop(name)) for name in ("time", "level", "logger", "message"))
        why = fields.pop("error", None)
        where = fields.pop("raised_at", None)
        ids = " ".join(f"{name}={value}" for name, value in fields.items())
        told = head + (f" ({ids})" if ids else "") + (f": {why}" if why else "")
        return told + (f" [{' < '.join(where)}]" if where else "")


class _Json(logging.Formatter):
    """One JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(_fields(record), ensure_ascii=False, default=str)


def set_up(wanted: LogFormat | None, stream: TextIO = sys.stderr) -> None:
    """Send the process's log there; None: text for a terminal, JSON for everything else."""
    is_text = wanted == "text" or (wanted is None and stream.isatty())
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Lines() if is_text else _Json())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(True)
    logging.raiseExceptions = False  # a line that cannot be written would come as a trace, with its values
    # Their context comes as fields.
    activity.logger.activity_info_on_message = False
    workflow.logger.workflow_info_on_message = False


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
        "level": record.levelname,
        "logger": record.name,
        "message": _message(record),
    }
    fields |= _said_by_the_sdk(record)
    if record.exc_info and record.exc_info[1] is not None:
        fields |= _error(record.exc_info[1], in_activity=hasattr(record, "temporal_activity"))
    return fields


def _message(record: logging.LogRecord) -> str:
    """The first line; those after it are reprs and traces."""
    said = record.getMessage().partition("\n")[0].strip()
    if record.name == "py.warnings":  # `file:line: Category: text`
        return ":".join(said.split(":")[:3])
    # What the SDK writes after a colon is an error's text.
    return said.partition(": ")[0] if record.name.startswith("temporalio") else said


def _said_by_the_sdk(record: logging.LogRecord) -> dict[str, Any]:
    """What a record is about, and the code of what the server answered."""
    said: dict[str, Any] = {}
    for source in ("temporal_workflow", "temporal_activity"):
        said |= getattr(record, source, None) or {}
    core = getattr(record, "temporal_log", None)
    if core is not None:
        said |= core.fields | {"code": code_in(str(core.fields.get("error", "")))}
    return {name: said[name] for name in _TOLD if said.get(name) is not None}


def _error(error: BaseException, *, in_activity: bool) -> dict[str, Any]:
    kind = type(error)
    if is_told(f"{kind.__module__}.{kind.__qualname__}", in_activity=in_activity):
        return {"error": " ".join(f"{kind.__name__}: {error}".split())}
    return {"error": kind.__name__, "raised_at": list(_raised_at(error))}


def is_told(kind: str, *, in_activity: bool) -> bool:
    """Whether what an error of this kind says holds nobody's data; `kind`: its module and its name."""
    return kind.startswith(_OURS) or (in_activity and kind == _OF_ACTIVITIES)


def _raised_at(error: BaseException) -> Iterator[str]:
    """The innermost calls first, without what they were called with."""
    for frame in traceback.extract_tb(error.__traceback__)[: -_FRAMES - 1 : -1]:
        file = frame.filename.rpartition("site-packages/")[2]
        yield f"{file}:{frame.lineno} {frame.name}"
