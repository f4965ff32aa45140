"""The commands that ask the catalog: what a code is, and how much of an agency's list is placed."""

import csv
import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from io import BytesIO, StringIO
from typing import Annotated, Final, NamedTuple

import typer

from conviction_gate.cli.charges_diff import diff
from conviction_gate.cli.help import App
from conviction_gate.cli.options import Json, read_agency
from conviction_gate.cli.printing import clean, console, print_text
from conviction_gate.cli.session import REFUSED, agency_catalogs, fail
from conviction_gate.client.bulk.items import items_in
from conviction_gate.contracts.reading import DoesNotFit, read_object
from conviction_gate.policy.catalog import Catalog, CatalogRow, Placing, built_in
from conviction_gate.policy.catalog.described import described, meaning, near_codes
from conviction_gate.policy.catalog.words import THE_WORDS

charges: Final = App("Look up offense codes in the catalog.")

Agency = Annotated[
    str | None,
    typer.Option("--agency", parser=read_agency, metavar="ORI", help="Also search this agency's own codes."),
]


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"'{text}' is not a day; write it as in 2012-05-04") from None


On = Annotated[
    date | None,
    typer.Option(
        "--on", parser=_day, metavar="DAY", help="The day of the booking, for a code that changed its meaning."
    ),
]


class Listed(NamedTuple):
    """One line of an agency's list of codes. `charges`: how many it stands for."""

    scheme: str
    code: str
    description: str = ""
    charges: int = 1


class ToLookAt(NamedTuple):
    """A code that a person must look at, and why."""

    scheme: str
    code: str
    description: str
    charge_class: str
    severity: str | None
    reason: str


class Checked(NamedTuple):
    """What the catalog makes of a list. `spelled_twice`: the spellings of each code that has several.
    `charges`, `charges_placed`: the same by the counts of the list."""

    codes: int
    placed: int
    share: float
    charges: int
    charges_placed: int
    by_class: dict[str, int]
    to_look_at: list[ToLookAt]
    spelled_twice: list[list[str]]


def lookup(
    scheme: Annotated[str, typer.Argument(metavar="SCHEME", help="The law or list of the code, as in CA-VC.")],
    code: Annotated[str, typer.Argument(metavar="CODE", help="The code in any spelling, as in '12500 (A)'.")],
    agency: Agency = None,
    on: On = None,
    as_json: Json = False,
) -> None:
    """Show how a code is read, its class, the source for it, and what it means for the policy."""
    catalog = _catalog_of(agency)
    placing = catalog.look_up(scheme, code, on)
    found = described(catalog, scheme, code, on)
    read_as = " or as ".join(map(str, placing.readings)) or "not a code of this scheme"
    lines = [
        ("", f"{scheme} {code}"),
        ("read as   ", read_as),
        ("class     ", f"{placing.charge_class}: {meaning(placing)}"),
        ("severity  ", _severity(placing)),
    ]
    for row in placing.rows:
        lines += [
            ("row       ", f"{row.scheme} {row.code}{_reach(row)}, {row.description} ({row.where})"),
            ("source    ", f"{row.source} ({'verified' if row.verified else 'not verified'})"),
            *([("note      ", row.note)] if row.note else []),
        ]
    if not placing.rows:
        near = near_codes(catalog, scheme, code)
        has_words = any(THE_WORDS in str(reading) for reading in placing.readings)
        missing = f"no row of the catalog has it{' with these words' if has_words else ''}"
        lines += [("", missing), *(("", line) for line in near)]
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        out = console()
        for label, text in lines:
            print_text(out, text, prefix=label)
    if not placing.rows:
        raise typer.Exit(REFUSED)


def check(
    file: Annotated[
        typer.FileBinaryRead,
        typer.Argument(
            metavar="FILE|-",
            help="CSV whose first line names scheme, code and maybe description, or JSON Lines with these "
            "fields; - for standard input.",
        ),
    ],
    agency: Agency = None,
    as_json: Json = False,
) -> None:
    """Show what share of a list of codes is placed, and which ones a person must look at."""
    try:
        listed = list(read_list(file.read()))
    except DoesNotFit as reason:
        fail(f"the list: {reason}")
    catalog = _catalog_of(agency)
    done = checked(listed, catalog)
    if as_json:
        looked_at = [one._asdict() for one in done.to_look_at]
        print(json.dumps({**done._asdict(), "to_look_at": looked_at}, ensure_ascii=False))
    else:
        out = console()
        print_text(out, f"{done.placed} of {done.codes} codes placed ({100 * done.share:.1f} %)")
        if done.charges != done.codes:
            share = 100 * done.charges_placed / done.charges
            print_text(out, f"{done.charges_placed} of {done.charges} charges placed ({share:.1f} %)")
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


charges.add(lookup, "charges lookup CA-VC '12500(A)/M'", "charges lookup FL-FS '316.027(1)(a)' --on 2012-05-04")
charges.add(diff, "charges diff last-release/ --cases", "charges diff county-2012.csv county-2013.csv")
charges.add(check, "charges check codes.csv", "charges check - < codes.jsonl")


def checked(listed: list[Listed], catalog: Catalog) -> Checked:
    """What a catalog makes of a list that is not empty; a code that comes twice counts once."""
    lines: dict[tuple[str, str], list[Listed]] = {}
    placings: dict[tuple[str, str], Placing] = {}
    for one in listed:
        placing = catalog.look_up(one.scheme, one.code)
        read = " or ".join(" and ".join(map(str, reading.citations)) for reading in placing.readings)
        key = (catalog.name_of(one.scheme), read or one.code)
        lines.setdefault(key, []).append(one)
        placings.setdefault(key, placing)
    by_class = Counter[str]()
    to_look_at = []
    for key, placing in placings.items():
        by_class[placing.charge_class] += 1
        if reason := _doubt(placing):
            first = lines[key][0]
            to_look_at.append(
                ToLookAt(
                    first.scheme, first.code, first.description, placing.charge_class, placing.severity, reason
                )
            )
    codes, placed = len(placings), len(placings) - by_class["unclassified"]
    spellings = (list(dict.fromkeys(f"{one.scheme} {one.code}" for one in those)) for those in lines.values())
    return Checked(
        codes=codes,
        placed=placed,
        share=placed / codes,
        charges=sum(one.charges for one in listed),
        charges_placed=sum(
            sum(one.charges for one in lines[key])
            for key, placing in placings.items()
            if placing.charge_class != "unclassified"
        ),
        by_class={name: count for name, count in by_class.most_common() if count},
        to_look_at=to_look_at,
        spelled_twice=[those for those in spellings if len(those) > 1],
    )


def read_list(data: bytes) -> Iterator[Listed]:
    """The lines of an agency's list: CSV, or JSON Lines or an array.

    Raises:
        DoesNotFit: it is neither, holds no codes, or a line lacks scheme or code.
    """
    is_json = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")
    where = ""
    for where, fields in _from_json(data) if is_json else _from_csv(data):
        scheme, code, description = (_text(fields.get(name)) for name in ("scheme", "code", "description"))
        if not scheme or not code:
            lacks = "code" if scheme else "scheme"
            raise DoesNotFit(f"{where}: no {lacks}, or not a text; correct the line or take it out")
        yield Listed(scheme, code, description, _count(fields.get("count"), where))
    if not where:
        raise DoesNotFit("holds no codes; name a list with one code a line")


def _doubt(placing: Placing) -> str | None:
    """Why a person must look at a code; None where its class is beyond doubt."""
    if placing.charge_class != "unclassified":
        is_doubtful = placing.charge_class == "other_traffic_serious" and placing.severity != "felony"
        return meaning(placing) if is_doubtful else None
    if placing.rows:
        row = placing.rows[0]
        return f"can be several offenses ({row.note or row.description})"
    if not placing.readings:
        return "cannot be read as a code of this scheme"
    return f"no row of the catalog places {' or '.join(map(str, placing.readings))}"


def _severity(placing: Placing) -> str:
    if placing.severity:
        return f"{placing.severity}, from {placing.rows[0].severity_source}"
    if recalled := next((row.recalled_severity for row in placing.rows if row.recalled_severity), None):
        return f"unknown to the rules: recalled as {recalled}, which nobody has checked in the law"
    return "none of its own"


def _reach(row: CatalogRow) -> str:
    return {"": "", "subdivisions": " with its subdivisions", "range": " as a range"}[row.covers]


def _count(value: object, where: str) -> int:
    text = str(value or "1").strip() or "1"
    if not text.isdecimal():
        raise DoesNotFit(f"{where}: count '{text}' is not a whole number; correct the line or take it out")
    return int(text)


def _catalog_of(agency: str | None) -> Catalog:
    if agency is None:
        return built_in()
    catalog = agency_catalogs()(agency)
    for refused in catalog.refused:
        typer.echo(f"warning: {clean(str(refused))}", err=True)
    return catalog


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
