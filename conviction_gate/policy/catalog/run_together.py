"""Numbers that are run together, as 4661502 for 46.61.502: the signs that belong between them."""

import re
from typing import Final

# Only where a scheme leaves one way to put the signs back.
_WITHOUT_SIGNS: Final = {
    "AZ-ARS": (r"(28|13)(\d{3,4})", r"\1-\2"),
    "MI-MCL": (r"257\.([2-9]\d\d)(\d)", r"257.\1 \2"),
    "NE-RRS": (r"60-([46])\.?(\d{3})", r"60-\1,\2"),
    "OR-ORS": (r"(8\d\d)(\d{3})(\d?)", r"\1.\2 \3"),
    "TX-PC": (r"(\d\d)(\d\d)", r"\1.\2"),
    "TX-TC": (r"(\d{3})(\d{3})", r"\1.\2"),
    "VA": (r"(46|18)2-(\d{2,4})", r"\1.2-\2"),
    "WA-RCW": (r"(46)(\d\d)(\d{3,4})", r"\1.\2.\3"),
}
_NUMBERS: Final = re.compile(r"\d+(?:[-.]\d+)*(?!\d)")


def with_signs(scheme: str, text: str) -> tuple[str, ...]:
    """A text that begins with the number of a section, as it is or as it can be meant."""
    numbers = _NUMBERS.match(text)
    if not numbers:
        return (text,)
    if scheme == "NY-VTL":
        run = re.split(r"[-.]", numbers[0])[0]
        return tuple(one + text[len(run) :] for one in _new_york(run))
    pattern, parts = _WITHOUT_SIGNS.get(scheme, ("", ""))
    found = re.fullmatch(pattern, numbers[0])
    return (found.expand(parts) + text[numbers.end() :],) if found else (text,)


def _new_york(run: str) -> list[str]:
    """A section of three or four digits, alone or with its subdivision: 1192, 5091, 119203, 0511001."""

    def is_section(number: str) -> bool:
        return 200 <= int(number) <= 2600

    if len(run) < 4 or (len(run) == 4 and is_section(run)):
        return [run.lstrip("0") or run]
    cuts = {4: (3,), 5: (4, 3), 6: (4,), 7: (4,)}.get(len(run), ())
    found = [(run[:cut], run[cut:]) for cut in cuts if is_section(run[:cut])]
    return [f"{int(section)} {int(part)}" for section, part in found] or [run]
