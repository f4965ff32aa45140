"""Finds the fields of an input that the contract does not have, while a typing mistake can be corrected."""

import difflib
from collections.abc import Iterator, Sequence
from inspect import isclass
from typing import get_args

from pydantic import BaseModel

from conviction_gate.contracts.reading import FieldPath


def unknown_fields(model: type[BaseModel], value: object) -> Iterator[tuple[FieldPath, str]]:
    """Where a field is, at any depth, that the model does not have, and what to do about it."""
    yield from _unknown([model], value, ())


def _unknown(
    models: Sequence[type[BaseModel]], value: object, path: FieldPath
) -> Iterator[tuple[FieldPath, str]]:
    """`models`: what the value may be, as where a message may be replaced by one of several types."""
    if isinstance(value, list):
        for n, inner in enumerate(value):
            yield from _unknown(models, inner, (*path, n))
    elif isinstance(value, dict) and models:
        known = {name: field for model in models for name, field in model.model_fields.items()}
        for key, inner in value.items():
            here = (*path, key)
            if key in known:
                fields = [model.model_fields[key] for model in models if key in model.model_fields]
                nested = [each for field in fields for each in _models_in(field.annotation)]
                yield from _unknown([*dict.fromkeys(nested)], inner, here)
            elif not (key == "type" and len(models) > 1):  # a replacement may name its type
                near = difflib.get_close_matches(key, known, 1)
                suggestion = ".".join(str(part) for part in (*path, *near))
                yield (
                    here,
                    f"unknown field; did you mean {suggestion}?" if near else "unknown field; take it out",
                )


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isclass(annotation) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)
