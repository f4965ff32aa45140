"""As much of JSON Schema as pydantic writes for our models; any other keyword raises."""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, Final

from pydantic import TypeAdapter

from tests.contracts.samples import resolved

_TOLD: Final = {"$schema", "$defs", "title", "description", "default", "examples"}
_TYPES: Final[dict[str, type | tuple[type, ...]]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "null": type(None),
}
_FORMATS: Final = {"date": date, "date-time": datetime, "duration": timedelta}


def misfits(value: Any, schema: dict[str, Any], root: dict[str, Any], at: str = "") -> Iterator[str]:
    """Why a value does not fit a schema, each as `field: reason`; none where it does."""
    if "$ref" in schema:
        yield from misfits(value, resolved(schema, root), root, at)
        return
    for keyword, limit in schema.items():
        match keyword, value:
            case "type", _ if not isinstance(value, _TYPES[limit]):
                yield f"{at}: not of type {limit}"
            case "type", bool() if limit == "integer":
                yield f"{at}: not of type {limit}"
            case "anyOf", _ if all(any(misfits(value, one, root, at)) for one in limit):
                yield f"{at}: " + " or ".join(w for one in limit for w in misfits(value, one, root, at))
            case "enum", _ if value not in limit:
                yield f"{at}: the word {value!r} is new"
            case "const", _ if value != limit:
                yield f"{at}: the word {value!r} is new"
            case "properties", dict():
                for name, inner in limit.items():
                    if name in value:
                        yield from misfits(value[name], inner, root, f"{at}.{name}")
            case "required", dict():
                yield from (f"{at}.{name}: missing" for name in limit if name not in value)
            case "additionalProperties", dict() if isinstance(limit, dict):
                for name in value:
                    yield from misfits(value[name], limit, root, f"{at}.{name}")
            case "items", list():
                for n, one in enumerate(value):
                    yield from misfits(one, limit, root, f"{at}.{n}")
            case (("maxLength" | "maxItems"), (str() | list())) if len(value) > limit:
                yield f"{at}: longer than {limit}"
            case (("minLength" | "minItems"), (str() | list())) if len(value) < limit:
                yield f"{at}: shorter than {limit}"
            case "pattern", str() if not re.search(limit, value):
                yield f"{at}: not of the form {limit}"
            case "format", str():
                TypeAdapter(_FORMATS[limit]).validate_python(value)
            case _ if keyword not in {*_TOLD, *_KNOWN}:
                raise AssertionError(f"teach tests/contracts/schema.py the keyword {keyword}")


_KNOWN: Final = {
    *("type", "anyOf", "enum", "const", "properties", "required", "additionalProperties", "items"),
    *("maxLength", "maxItems", "minLength", "minItems", "pattern", "format"),
}
