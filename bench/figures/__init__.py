"""The figures, by the names that `--only` takes: each measures by itself, on servers of its own."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from bench.figures import (
    against_bare,
    deciding,
    door,
    encrypted,
    history,
    in_memory,
    killed,
    mass,
    programs,
    stock,
    waiting,
)
from bench.rows import Row
from bench.scale import Scale

FIGURES: Mapping[str, Callable[[Scale], Coroutine[Any, Any, list[Row]]]] = {
    "history": history.measure,
    "deciding": deciding.measure,
    "against_bare": against_bare.measure,
    "encrypted": encrypted.measure,
    "stock": stock.measure,
    "in_memory": in_memory.measure,
    "waiting": waiting.measure,
    "killed": killed.measure,
    "mass": mass.measure,
    "programs": programs.measure,
    "door": door.measure,
}
