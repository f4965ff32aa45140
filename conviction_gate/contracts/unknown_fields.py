"""Finds the fields of an input that the contract does not have, while a typing mistake can be corrected."""

import difflib
from collections.abc import Iterator, Mapping
from functools import cache
from inspect import isclass
from typing import get_args

from pydantic import BaseModel

from conviction_gate.contracts.reading import FieldPath

Models = tuple[type[BaseModel], ...]
"""What a value may be, as where a message may be replaced by one of several types."""


def unknown_fields(model: type[BaseModel], value: object) -> Iterator[tuple[FieldPath, str]]:
    """Where a field is, at any depth, that the model does not have, and what to do about it."""
    yield from _unknown((model,), value, ())


def _unknown(models: Models, value: object, path: FieldPath) -> Iterator[tuple[FieldPath, str]]:
    if not models:
        return
    if isinstance(value, list):
        for n, inner in enumerate(value):
            yield from _unknown(models, inner, (*path, n))
    elif isinstance(value, dict):
        known = _fields_of(models)
        for key, inner in value.items():
            here = (*path, key)
            if key in known:
                yield from _unknown(known[key], inner, here)
            elif not (key == "type" and len(models) > 1):  # a replacement may name its type
                near = difflib.get_close_matches(key, known, 1)
                suggestion = ".".join(str(part) for part in (*path, *near))
                yield (
                    here,
                    f"unknown field; did you mean {suggestion}?" if near else "unknown field; take it out",
                )


@cache
def _fields_of(models: Models) -> Mapping[str, Models]:
    """The fields of these models, each with the models that its value may be."""
    fields: dict[str, Models] = {}
    for model in models:
        for name, field in model.model_fields.items():
            nested = (*fields.get(name, ()), *_models_in(field.annotation))
            fields[name] = tuple(dict.fromkeys(nested))
    return fields


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isclass(annotation) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)
