"""The commands that ask the catalog: what a code is, and how much of an agency's list is placed."""

import csv
import difflib
import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from io import BytesIO, StringIO
from typing import Annotated, Final, NamedTuple

import typer

from conviction_gate.cli.bulk.items import items_in
from conviction_gate.cli.help import App
from conviction_gate.cli.options import Json, read_agency
from conviction_gate.cli.printing import console, print_text
from conviction_gate.cli.session import REFUSED, fail
from conviction_gate.config.catalogs import read_catalogs
from conviction_gate.config.settings import Settings, SettingsError
from conviction_gate.contracts.reading import DoesNotFit, read_object
from conviction_gate.policy.catalog import Catalog, Entry, built_in, normalised

charges: Final = App("Look up offense codes in the catalog.")

NEAR_MOST: Final = 5
"""Codes that are shown where the one that was asked for is not there."""

Agency = Annotated[
    str | None,
    typer.Option("--agency", parser=read_agency, metavar="ORI", help="Also search this agency's own codes."),
]

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


class Listed(NamedTuple):
    """One line of an agency's list of codes."""

    scheme: str
    code: str
    description: str


class ToLookAt(NamedTuple):
    """A code that a person must look at, and why."""

    scheme: str
    code: str
    description: str
    charge_class: str
    severity: str | None
    reason: str


class Checked(NamedTuple):
    """What the catalog makes of a list. `spelled_twice`: the spellings of each code that has several."""

    codes: int
    placed: int
    share: float
    by_class: dict[str, int]
    to_look_at: list[ToLookAt]
    spelled_twice: list[list[str]]


def lookup(
    scheme: Annotated[str, typer.Argument(metavar="SCHEME", help="The scheme of the code, as in CA-VC.")],
    code: Annotated[str, typer.Argument(metavar="CODE", help="The code in any spelling, as in '12500 (A)'.")],
    agency: Agency = None,
    as_json: Json = False,
) -> None:
    """Show the class of a code, its source, and what the policy does with it."""
    catalog = _catalog_of(agency)
    entry = catalog.find(scheme, code)
    found: dict[str, object]
    if entry:
        found = {
            **entry._asdict(),
            "since": _iso(entry.since),
            "until": _iso(entry.until),
            "meaning": meaning(entry),
        }
        lines = [
            ("", f"{entry.scheme} {entry.code}: {entry.description}"),
            ("class     ", f"{entry.charge_class}: {meaning(entry)}"),
            ("severity  ", _severity(entry)),
            ("source    ", f"{entry.source} ({'verified' if entry.verified else 'not verified'})"),
            *([("note      ", entry.note)] if entry.note else []),
            ("row       ", entry.where),
        ]
    else:
        near = near_codes(catalog, scheme, code)
        means = _MEANINGS["unclassified"]
        found = {"scheme": scheme, "code": code, "charge_class": "unclassified", "meaning": means, "near": near}
        lines = [("", f"{scheme} {code}: not in the catalog, so it is unclassified: {means}")]
        lines += [("", line) for line in near]
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        out = console()
        for label, text in lines:
            print_text(out, text, prefix=label)
    if entry is None:
        raise typer.Exit(REFUSED)


def check(
    file: Annotated[
        typer.FileBinaryRead,
        typer.Argument(
            metavar="FILE",
            help="CSV whose first line names scheme, code and maybe description, or JSON Lines with these "
            "fields; - for standard input.",
        ),
    ],
    agency: Agency = None,
    as_json: Json = False,
) -> None:
    """Show how many codes of a list have a class, and which ones a person must look at."""
    try:
        listed = list(read_list(file.read()))
    except DoesNotFit as reason:
        fail(f"the list: {reason}")
    done = checked(listed, _catalog_of(agency))
    if as_json:
        looked_at = [one._asdict() for one in done.to_look_at]
        print(json.dumps({**done._asdict(), "to_look_at": looked_at}, ensure_ascii=False))
    else:
        out = console()
        print_text(out, f"{done.placed} of {done.codes} codes placed ({100 * done.share:.1f} %)")
        for charge_class, count in done.by_class.items():
            print_text(out, charge_class, prefix=f"{count:6} ")
        if done.to_look_at:
            out.print()
            print_text(out, f"A person must look at {len(done.to_look_at)}:")
        for one in done.to_look_at:
            description = f" ({one.description})" if one.description else ""
            print_text(out, f"{one.scheme} {one.code}{description}: {one.reason}", prefix="  ")
        for spellings in done.spelled_twice:
            print_text(out, f"one code in {len(spellings)} spellings, counted once: {', '.join(spellings)}")
    if done.placed < done.codes:
        raise typer.Exit(REFUSED)


charges.add(lookup, "charges lookup CA-VC '12500(a)'")
charges.add(check, "charges check codes.csv", "charges check - < codes.jsonl")


def meaning(entry: Entry) -> str:
    """What the policy makes of a code, in one sentence."""
    if entry.charge_class != "other_traffic_serious":
        return _MEANINGS[entry.charge_class]
    match entry.severity:
        case "felony":
            return _EXCLUDED
        case None | "wobbler":
            return "booked as a felony, it is excluded and flagged; else a person rules whether it is minor"
        case _:
            return "below felony, a person rules whether it is minor"


def _severity(entry: Entry) -> str:
    if entry.severity:
        return f"{entry.severity}, from {entry.severity_source}"
    if entry.recalled_severity:
        return f"unknown to the rules: nobody has read in the law that it is {entry.recalled_severity}"
    return "none of its own"


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def near_codes(catalog: Catalog, scheme: str, code: str) -> list[str]:
    """Codes of a scheme that look like this one; where no such scheme is there, the schemes."""
    name, key = normalised(scheme, code)
    held = {
        normalised(entry.scheme, entry.code)[1]: f"near it: {entry.scheme} {entry.code}, {entry.description}"
        for entry in catalog.entries
        if normalised(entry.scheme, entry.code)[0] == name
    }
    if not held:
        return [f"the catalog's schemes: {', '.join(dict.fromkeys(e.scheme for e in catalog.entries))}"]
    section = [one for one in held if one.startswith(key) or key.startswith(one)]
    return [held[one] for one in section[:NEAR_MOST] or difflib.get_close_matches(key, held, NEAR_MOST)]


def checked(listed: list[Listed], catalog: Catalog) -> Checked:
    """What a catalog makes of a list that is not empty; a code that comes twice counts once."""
    spellings: dict[tuple[str, str], dict[str, Listed]] = {}
    for one in listed:
        spellings.setdefault(normalised(one.scheme, one.code), {}).setdefault(f"{one.scheme} {one.code}", one)
    by_class = Counter[str]()
    to_look_at = []
    for one in (next(iter(those.values())) for those in spellings.values()):
        entry = catalog.find(one.scheme, one.code)
        charge_class, severity = (entry.charge_class, entry.severity) if entry else ("unclassified", None)
        by_class[charge_class] += 1
        if reason := _doubt(entry):
            to_look_at.append(ToLookAt(*one, charge_class, severity, reason))
    codes, placed = len(spellings), len(spellings) - by_class["unclassified"]
    return Checked(
        codes=codes,
        placed=placed,
        share=placed / codes,
        by_class={name: count for name, count in by_class.most_common() if count},
        to_look_at=to_look_at,
        spelled_twice=[list(those) for those in spellings.values() if len(those) > 1],
    )


def read_list(data: bytes) -> Iterator[Listed]:
    """The lines of an agency's list: CSV, or JSON Lines or an array.

    Raises:
        DoesNotFit: it is neither, holds no codes, or a line lacks scheme or code.
    """
    is_json = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")
    where = ""
    for where, fields in _from_json(data) if is_json else _from_csv(data):
        scheme, code, description = (_text(fields.get(name)) for name in Listed._fields)
        if not scheme or not code:
            lacks = "code" if scheme else "scheme"
            raise DoesNotFit(f"{where}: no {lacks}, or none that is a text; correct the line or remove it")
        yield Listed(scheme, code, description)
    if not where:
        raise DoesNotFit("holds no codes; name a list with one code a line")


def _doubt(entry: Entry | None) -> str | None:
    """Why a person must look at a code; None where its class is beyond doubt."""
    if entry is None:
        return "not in the catalog"
    if entry.charge_class == "unclassified":
        return f"can be several offenses ({entry.note or entry.description})"
    if entry.charge_class == "other_traffic_serious" and entry.severity != "felony":
        return meaning(entry)
    return None


def _catalog_of(agency: str | None) -> Catalog:
    if agency is None:
        return built_in()
    try:
        return read_catalogs(Settings())(agency)
    except SettingsError as error:
        fail(str(error))


def _from_json(data: bytes) -> Iterator[tuple[str, dict[str, object]]]:
    for item in items_in(BytesIO(data)):
        try:
            yield item.where, item.read(read_object)
        except DoesNotFit as reason:
            raise DoesNotFit(f"{item.where}: {reason}") from None


def _from_csv(data: bytes) -> Iterator[tuple[str, dict[str, object]]]:
    try:
        reader = csv.reader(StringIO(data.decode("utf-8-sig"), newline=""))
        columns = [name.strip().lower() for name in next(reader, [])]
        if not {"scheme", "code"} <= set(columns):
            raise DoesNotFit("line 1 names no scheme and code; begin with the line scheme,code,description")
        for row in reader:
            if any(row):
                yield f"line {reader.line_num}", dict(zip(columns, row, strict=False))
    except UnicodeDecodeError:
        raise DoesNotFit("not UTF-8; save it as CSV in UTF-8") from None
    except csv.Error as error:
        raise DoesNotFit(f"line {reader.line_num}: not CSV ({error}); correct the line") from None


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
