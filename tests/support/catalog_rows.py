"""Rows for tests, of a scheme that no catalog holds."""

from pathlib import Path
from typing import Final

from conviction_gate.policy.catalog import Catalog, CatalogRow, read_rows

DATA: Final = Path(__file__).parents[1] / "data"
HEADER: Final = "scheme,code,description,charge_class,severity,source,verified,note"
FULL: Final = f"{HEADER},covers,except,severity_source,from,until"
GOOD: Final = "ZZ-VC,1(a),Stop sign,minor_traffic,infraction,the code itself,yes,"


def rows(*lines: str, header: str = HEADER) -> list[CatalogRow]:
    """Rows from the lines of a file."""
    return list(read_rows("\n".join((header, *lines)), "zz.csv"))


def law(*lines: str) -> Catalog:
    """A catalog of a scheme of its own; each line: code, covers, exceptions, class."""
    cells = (line.split(",") for line in lines)
    made = (f"ZZ-VC,{code},x,{name},,read,yes,,{covers},{without},,," for code, covers, without, name in cells)
    return Catalog.of_rows(rows(*made, header=FULL))
