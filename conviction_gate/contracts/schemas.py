"""One JSON Schema file for each message of the contract: `python -m conviction_gate.contracts.schemas DIR`.

What senders write is described as it is read, what they get back as it is written. The files of
`docs/schemas/` are generated here: `make schemas` writes them again.
"""

import json
import sys
from collections.abc import Sequence
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, TypeAdapter, create_model
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core.core_schema import TaggedUnionSchema

from conviction_gate.contracts.case import CaseResult, CaseView, CorrectionResult, Flag, SubmitAnswer
from conviction_gate.contracts.fields import Ori, TrackingNumber
from conviction_gate.contracts.history import HistoryAnswer
from conviction_gate.contracts.names import FLAG_CORRECTION, UPDATE
from conviction_gate.contracts.signals import SIGNALS

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_ANSWERS: Final[dict[str, type[BaseModel]]] = {
    "case": CaseView,
    "case_result": CaseResult,
    "submit_answer": SubmitAnswer,
    "correction_result": CorrectionResult,
    "flag": Flag,
}


class MessageSchemas(GenerateJsonSchema):
    """A message that replaces another may fit two schemas, and `oneOf` would refuse it then."""

    def tagged_union_schema(self, schema: TaggedUnionSchema) -> JsonSchemaValue:
        return {"anyOf": super().tagged_union_schema(schema)["oneOf"]}


def schemas() -> dict[str, str]:
    """The text of each file by its name."""
    described = {
        name: signal.model.model_json_schema(schema_generator=MessageSchemas)
        for name, signal in SIGNALS.items()
    }
    described["history_answer"] = HistoryAnswer.model_json_schema()
    described[UPDATE] = _submit()
    described["flag_correction"] = _flag_correction()
    for name, model in _ANSWERS.items():
        described[name] = model.model_json_schema(mode="serialization")
    return {
        f"{name}.schema.json": json.dumps({"$schema": _DIALECT, **schema}, indent=2, ensure_ascii=False) + "\n"
        for name, schema in sorted(described.items())
    }


def write(folder: Path) -> None:
    """Write every schema into the folder, and remove those of messages that no longer exist."""
    folder.mkdir(parents=True, exist_ok=True)
    files = schemas()
    for stale in folder.glob("*.schema.json"):
        if stale.name not in files:
            stale.unlink()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def _submit() -> dict[str, Any]:
    kinds = [
        _variant(f"submit {name}", signal.model, {"type": (Literal[name], ...)})
        for name, signal in SIGNALS.items()
    ]
    return _any_of(kinds, UPDATE, "A message that names itself: its signal as `type`, its fields.")


def _flag_correction() -> dict[str, Any]:
    case: dict[str, Any] = {"agency": (Ori, ...), "tracking_number": (TrackingNumber, ...)}
    kinds = []
    for name, signal in sorted(SIGNALS.items()):
        if not signal.after_the_end:
            continue
        named: Any = (Literal[name], ...)
        if name == "correction":  # what it is without a type
            named = (Literal[name] | None, None)
        kinds.append(_variant(f"flag correction by {name}", signal.model, {**case, "type": named}))
    return _any_of(kinds, FLAG_CORRECTION, "What came after the end; without `type`, a correction.")


def _variant(name: str, model: type[BaseModel], fields: dict[str, Any]) -> type[BaseModel]:
    title = "".join(word.capitalize() for word in name.replace("_", " ").split())
    return create_model(title, __base__=model, __doc__=model.__doc__, **fields)


def _any_of(kinds: Sequence[type[BaseModel]], title: str, description: str) -> dict[str, Any]:
    schema = TypeAdapter(reduce(or_, kinds)).json_schema(schema_generator=MessageSchemas)
    return {"title": title, "description": description, **schema}


def main(arguments: Sequence[str]) -> int:
    """Write the schemas into the folder that is named; 0 when done, 2 when none is named."""
    if len(arguments) != 1:
        print(
            "name one folder, as in: python -m conviction_gate.contracts.schemas docs/schemas", file=sys.stderr
        )
        return 2
    write(Path(arguments[0]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
