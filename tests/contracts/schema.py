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
            case (("anyOf" | "oneOf"), _) if all(any(misfits(value, one, root, at)) for one in limit):
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


def narrower(then: Any, now: Any, roots: tuple[Any, Any], at: str = "") -> Iterator[str]:
    """Where a schema takes less than it took, each as `field: reason`; new fields of no concern."""
    then, now = resolved(then, roots[0]), resolved(now, roots[1])
    if not {"anyOf", "oneOf"}.isdisjoint({*then, *now}):
        olds, news = _choices(then), _choices(now)
        for old in olds:
            if all(any(narrower(old, new, roots, at)) for new in news):
                yield from narrower(old, news[0], roots, at)
        return
    for keyword, most in (("maxLength", min), ("maxItems", min), ("minLength", max), ("minItems", max)):
        limit = now.get(keyword)
        if limit is not None and (keyword not in then or most(limit, then[keyword]) != then[keyword]):
            yield f"{at}: {keyword} was {then.get(keyword, 'not set')} and is {limit}"
    for keyword in ("type", "format", "pattern"):
        if keyword in now and now[keyword] != then.get(keyword):
            yield f"{at}: {keyword} was {then.get(keyword, 'not set')} and is {now[keyword]}"
    if ("enum" in now or "const" in now) and (gone := _words_of(then) - _words_of(now)):
        yield f"{at}: no longer takes {sorted(gone) or 'any word'}"
    for name in set(now.get("required", ())) - set(then.get("required", ())):
        yield f"{at}.{name}: is required now"
    for name, inner in then.get("properties", {}).items():
        if name in now.get("properties", {}):
            yield from narrower(inner, now["properties"][name], roots, f"{at}.{name}")
    for keyword in ("items", "additionalProperties"):
        if isinstance(then.get(keyword), dict) and isinstance(now.get(keyword), dict):
            yield from narrower(then[keyword], now[keyword], roots, f"{at}.*")


def _choices(schema: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = schema.get("anyOf") or schema.get("oneOf") or [schema]
    return found


def _words_of(schema: dict[str, Any]) -> set[str]:
    return {*schema.get("enum", ()), *([schema["const"]] if "const" in schema else [])} or {"any word"}


_KNOWN: Final = {
    *("type", "anyOf", "oneOf", "enum", "const", "properties", "required", "additionalProperties", "items"),
    *("maxLength", "maxItems", "minLength", "minItems", "pattern", "format"),
}
