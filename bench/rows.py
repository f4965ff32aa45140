"""Figures, and how they are shown: a table for people, JSON to compare runs."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import temporalio.service


@dataclass(frozen=True)
class Row:
    """One figure: what was measured, each of its values, and the bar that it is held to.

    `values`: a ratio for each pair, or a count. `of`: the figure's module, as `--only` names it.
    """

    of: str
    what: str
    values: Sequence[float]
    unit: str = "ratio"
    at_least: float | None = None
    at_most: float | None = None

    @property
    def bar(self) -> str:
        """The bar in words; empty where there is none."""
        if self.at_least is not None:
            return f"at least {self.at_least:g}"
        return f"at most {self.at_most:g}" if self.at_most is not None else ""

    @property
    def verdict(self) -> str:
        """Whether the median meets the bar."""
        if not self.bar:
            return ""
        middle = median(self.values)
        low = self.at_least is not None and middle < self.at_least
        high = self.at_most is not None and middle > self.at_most
        return "misses" if low or high else "meets"

    def as_json(self) -> dict[str, object]:
        """All of it, for a file."""
        return {
            "of": self.of,
            "what": self.what,
            "unit": self.unit,
            "median": median(self.values),
            "min": min(self.values),
            "max": max(self.values),
            "values": list(self.values),
            "bar": self.bar or None,
            "verdict": self.verdict or None,
        }


def table(rows: Sequence[Row]) -> str:
    """The rows in columns, as plain text."""
    head = ("figure", "what", "median", "min", "max", "n", "unit", "bar", "")
    lines = [head, *map(_cells, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    right = range(2, 6)
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def _cells(row: Row) -> tuple[str, ...]:
    few = [f"{value:.4g}" for value in (median(row.values), min(row.values), max(row.values))]
    return (row.of, row.what, *few, str(len(row.values)), row.unit, row.bar, row.verdict)


def write(path: Path, rows: Sequence[Row], scale: object, load: Sequence[float]) -> None:
    """Write all values and what they were measured on. `load`: the load average before the run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {
        "machine": {
            "cores": os.cpu_count(),
            "load_before": list(load),
            "load_after": list(os.getloadavg()),
            "python": platform.python_version(),
            "temporalio": temporalio.service.__version__,
        },
        "scale": scale,
        "figures": [row.as_json() for row in rows],
    }
    path.write_text(json.dumps(document, indent=1) + "\n")
