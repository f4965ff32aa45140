"""A code as people and programs read it: its class, on whose word, and what the policy makes of it."""

from datetime import date
from typing import Any, Final

from conviction_gate.policy.catalog import Catalog, CatalogRow, Placing

NEAR_MOST: Final = 5
"""Codes that are shown where the one that was asked for is not there."""

_IN_SCOPE: Final = "in scope, no flag before a conviction where all is minor and the record is clean"
_EXCLUDED: Final = "excluded by the policy, an arrest for it is flagged"
_MEANINGS: Final = {
    "minor_traffic": _IN_SCOPE,
    "reckless_no_injury": f"{_IN_SCOPE}; booked with an injury, it is excluded",
    "dui": _EXCLUDED,
    "hit_and_run": _EXCLUDED,
    "reckless_injury": _EXCLUDED,
    "non_traffic": "outside traffic law, an arrest for it is flagged",
    "court_process": "never decides and is not waited for; where it is alone, a person rules",
    "unclassified": "a person rules which class it is, and the case waits until then",
}


def described(catalog: Catalog, scheme: str, code: str, on: date | None = None) -> dict[str, Any]:
    """What the catalog has of a code; `near` where no row places it. `on`: the day of the booking."""
    placing = catalog.look_up(scheme, code, on)
    found = {
        "scheme": scheme,
        "code": code,
        "read_as": [str(reading) for reading in placing.readings],
        "charge_class": placing.charge_class,
        "severity": placing.severity,
        "meaning": meaning(placing),
        "rows": [_as_json(row) for row in placing.rows],
    }
    return found if placing.rows else {**found, "near": near_codes(catalog, scheme, code)}


def meaning(placing: Placing) -> str:
    """What the policy makes of a code, in one sentence."""
    if placing.charge_class != "other_traffic_serious":
        return _MEANINGS[placing.charge_class]
    match placing.severity:
        case "felony":
            return _EXCLUDED
        case None | "wobbler":
            return "booked as a felony, it is excluded and flagged; else a person rules whether it is minor"
        case _:
            return "below felony, a person rules whether it is minor"


def near_codes(catalog: Catalog, scheme: str, code: str) -> list[str]:
    """Rows of the same section as a code, each with its class; where no such scheme is there, the schemes."""
    if meant := catalog.schemes_near(scheme):
        return [f"no scheme {scheme}; did you mean {' or '.join(meant)}?"]
    if not catalog.holds(scheme):
        return [f"no scheme {scheme}; the catalog has {', '.join(catalog.schemes)}"]
    near = catalog.near(scheme, code)[:NEAR_MOST]
    return [f"another code: {row.scheme} {row.code} is {row.charge_class}, {row.description}" for row in near]


def _as_json(row: CatalogRow) -> dict[str, object]:
    days = {"since": row.since, "until": row.until}
    return {**row._asdict(), **{name: day.isoformat() if day else None for name, day in days.items()}}
