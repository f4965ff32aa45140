"""The schemes of codes: what each is called, and how its statutes are numbered and cited.

A scheme that is not in the table is read by the numbering of its own rows (`shape_of`), so that a new file
of the catalog needs no line here; a line adds its other names and what departs from the rule.
"""

import re
from collections import Counter
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from typing import Final, Literal, NamedTuple

First = Literal["letter", "number", "any"]
Glued = Literal["subdivision", "section", "either"]


class Scheme(NamedTuple):
    """How one scheme numbers its offenses.

    `shape`: a section, each 9 a number that may end in a letter except the last: `9-9` is 28-1381. `first`:
    what the first level of subdivisions is. `fraction`: sections such as 14601.1. `glued`: what a letter right
    after the number of a section is: a subdivision (12500A is 12500(a)), a part of the number of the section
    (257.602a), or either. `compound`: subdivisions such as (a1) or (b-1). `laws`: words that cite it.
    `plain`: sections of an `either` scheme that no other section extends by a letter. `nested`: a number may
    follow a number. `zeros`: the law itself writes 39-08-01.
    """

    name: str
    shape: str
    first: First = "any"
    fraction: bool = True
    glued: Glued = "subdivision"
    compound: str = ""
    laws: str = ""
    names: str = ""
    plain: str = ""
    nested: bool = False
    zeros: bool = False


_LETTER_NUMBER: Final = r"[a-z]\d{1,2}"
_LETTER_DASH: Final = r"[a-z]-\d{1,2}"

_TABLE: Final = (
    Scheme("AAMVA-ACD", "code", laws="aamva acd", names="aamva acd"),
    Scheme("NCIC", "code", laws="ncic ucr"),
    Scheme("NIBRS", "code", laws="nibrs ibr ucr"),
    Scheme("AK-AAC", "9.9", "letter", fraction=False, laws="13 aac"),
    Scheme("AK-STAT", "9.9.9", "letter", fraction=False, laws="as", names="akas"),
    Scheme("AL-CODE", "9-9-9", "letter", laws="code"),
    Scheme("AR-CODE", "9-9-9", "letter", laws="aca"),
    Scheme("AZ-ARS", "9-9", "letter", laws="ars", names="ars"),
    Scheme("CA-DOJ", "code", laws="ca doj", names="cadoj"),
    Scheme("CA-PC", "9", "letter", laws="pc cpc penal pen"),
    Scheme("CA-VC", "9", "letter", laws="vc cvc veh vehicle", names="vc cvc caveh caveccode cavehcode"),
    Scheme("CO-CRS", "9-9-9", "number", laws="crs", names="crs"),
    Scheme("CT-CGS", "9-9", "letter", glued="either", laws="cgs cgsa"),
    Scheme("DC-CODE", "9-9", "letter", glued="either", compound=_LETTER_DASH, laws="dc official code"),
    Scheme("DC-DCMR", "9-9", fraction=False, laws="dcmr"),
    Scheme("DE-CODE", "9/9", "letter", glued="either", laws="del c delc dec de t"),
    Scheme("FL-FS", "9.9", "number", fraction=False, laws="fs fss fsa", names="fs fss flstat"),
    Scheme("GA-OCGA", "9-9-9", "letter", laws="ocga", names="ocga"),
    Scheme("HI-HRS", "9-9", "letter", laws="hrs"),
    Scheme("IA-CODE", "9.9", "number", fraction=False, glued="section", laws="ic ica"),
    Scheme("ID-CODE", "9-9", "number", glued="section", laws="ic i"),
    Scheme("IL-625", "9/9-9", "letter", compound=_LETTER_DASH, laws="ilcs 625 ch ivc", names="ivc"),
    Scheme("IL-720", "9/9-9", "letter", compound=_LETTER_DASH, laws="ilcs 720"),
    Scheme("IN-IC", "9-9-9-9", "letter", laws="ic"),
    Scheme("KS-STAT", "9-9", glued="either", compound=_LETTER_NUMBER, laws="ksa", names="ksa"),
    Scheme("KY-KRS", "9.9", "number", fraction=False, glued="section", laws="krs"),
    Scheme("LA-RS", "9:9", "letter", laws="rs lrs lsars"),
    Scheme("MA-GL", "9/9", "any", glued="section", laws="gl mgl mgla c ch chapter"),
    Scheme("MD-CR", "9-9", "letter", laws="cr crim criminal law md"),
    Scheme("MD-TA", "9-9", "letter", laws="ta tr tran transp transportation", names="mdtr"),
    Scheme("ME-MRS", "9/9", "number", compound=r"\d{1,2}-[a-z]", laws="mrs mrsa"),
    Scheme("MI-MCL", "9.9", "number", fraction=False, glued="section", laws="mcl mcla", names="mcl mcla"),
    Scheme("MN-STAT", "9.9", "number", fraction=False, laws="ms", nested=True),
    Scheme("MO-RSMO", "9.9", "number", fraction=False, laws="rsmo", names="rsmo"),
    Scheme("MS-CODE", "9-9-9", "number", laws="mca"),
    Scheme("MT-MCA", "9-9-9", "number", laws="mca"),
    Scheme(
        "NC-GS",
        "9-9",
        glued="either",
        compound=_LETTER_NUMBER,
        laws="gs ncgs ncgsa",
        names="ncgs",
        plain="20-7 20-28 20-111 20-140 20-141 20-166 20-313",
    ),
    Scheme("ND-CC", "9-9-9", "number", laws="ndcc", names="ndcc", zeros=True),
    Scheme("NE-RRS", "9-9", "number", laws="rrs nrs"),
    Scheme("NH-RSA", "9:9", "any", glued="section", laws="rsa"),
    Scheme(
        "NJ",
        "9:9-9",
        "letter",
        glued="either",
        laws="nj njs njsa",
        names="njsa njs",
        plain="39:3-29 39:3-40 39:4-50 39:4-50.14 39:4-50.15 39:4-96 39:4-97 39:4-98 "
        "39:4-129 39:4-144 2c:11-4 2c:11-5 2c:12-1 2c:20-10 2c:29-2 2c:29-7 2c:40-26",
    ),
    Scheme("NM-STAT", "9-9-9", "letter", laws="nmsa 1978", names="nmsa"),
    Scheme("NV-NRS", "9.9", "number", fraction=False, laws="nrs", names="nrs"),
    Scheme("NY-PL", "9.9", "number", fraction=False, laws="pl nypl penal"),
    Scheme(
        "NY-VTL",
        "9",
        "any",
        fraction=False,
        glued="either",
        compound=r"\d{1,2}-[a-z]",
        laws="vtl v&t vt veh vehicle traffic traf",
        names="vtl nyvt",
        plain="319 375 401 402 600 1110 1172 1212",
    ),
    Scheme("OH-ORC", "9.9", "letter", fraction=False, laws="orc rc", names="orc ohrc"),
    Scheme("OK-ST", "9-9", "letter", glued="section", laws="os t"),
    Scheme("OR-ORS", "9.9", "number", fraction=False, laws="ors", names="ors"),
    Scheme("PA-18", "9", "letter", laws="18 pacs pacsa pa cs csa crimes cc"),
    Scheme("PA-VC", "9", laws="75 pacs pacsa pa cs csa vc vehicle", names="pa75"),
    Scheme("RI-GL", "9-9-9", "letter", laws="gl rigl", names="rigl"),
    Scheme("SC-CODE", "9-9-9", "letter", laws="code"),
    Scheme("SD-CL", "9-9-9", "number", laws="sdcl", names="sdcl"),
    Scheme("TN-TCA", "9-9-9", "letter", laws="tca", names="tca"),
    Scheme("TX-PC", "9.9", "letter", fraction=False, laws="pc tpc txpc penal pen"),
    Scheme(
        "TX-TC",
        "9.9",
        "letter",
        fraction=False,
        laws="tc trc ttc transp trans transportation transcode",
        names="trc ttc",
    ),
    Scheme("UT-CODE", "9-9-9", "number", laws="uca ca"),
    Scheme("VA", "9.9-9", "any", laws="va"),
    Scheme("VT-STAT", "9/9", "letter", glued="either", laws="vsa"),
    Scheme("WA-RCW", "9.9.9", "number", fraction=False, laws="rcw", names="rcw"),
    Scheme(
        "WI-STAT", "9.9", "number", fraction=False, compound=r"(?:\d{1,2}[a-z]{1,2}|[a-z]{2})", laws="wis ws"
    ),
    Scheme("WV-CODE", "9-9-9", "letter", glued="either", laws="wvc"),
    Scheme("WY-STAT", "9-9-9", "letter", laws="ws wsa"),
)

STATES: Final = {
    "AK": "alaska",
    "AL": "alabama ala",
    "AR": "arkansas ark",
    "AZ": "arizona ariz",
    "CA": "california calif cal",
    "CO": "colorado colo",
    "CT": "connecticut conn",
    "DC": "",
    "DE": "delaware del",
    "FL": "florida fla",
    "GA": "georgia",
    "HI": "hawaii haw",
    "IA": "iowa",
    "ID": "idaho",
    "IL": "illinois ill",
    "IN": "indiana ind",
    "KS": "kansas kan",
    "KY": "kentucky",
    "LA": "louisiana",
    "MA": "massachusetts mass",
    "MD": "maryland",
    "ME": "maine",
    "MI": "michigan mich",
    "MN": "minnesota minn",
    "MO": "missouri",
    "MS": "mississippi miss",
    "MT": "montana mont",
    "NC": "north carolina",
    "ND": "north dakota",
    "NE": "nebraska neb",
    "NH": "new hampshire",
    "NJ": "new jersey",
    "NM": "new mexico",
    "NV": "nevada nev",
    "NY": "new york",
    "OH": "ohio",
    "OK": "oklahoma okla",
    "OR": "oregon",
    "PA": "pennsylvania penn",
    "RI": "rhode island",
    "SC": "south carolina",
    "SD": "south dakota",
    "TN": "tennessee tenn",
    "TX": "texas tex",
    "UT": "utah",
    "VA": "virginia",
    "VT": "vermont",
    "WA": "washington wash",
    "WI": "wisconsin wis",
    "WV": "west virginia w va",
    "WY": "wyoming wyo",
}
_ANY_LAW: Final = (
    "code codes st stat stats statute statutes rev revised ann annotated gen general law laws comp compiled "
    "supp title of the section sections sec secs sect s ss §"
)


def folded(scheme: str) -> str | None:
    """A scheme's name without case and separators; None for what names none."""
    if len(scheme) > 64:
        return None
    bare = re.sub(r"[\s_.–—-]+", "", scheme)
    return bare.lower() if bare.isascii() and bare.isalnum() else None


_BY_NAME: Final = {
    name: scheme
    for scheme in _TABLE
    for name in (*scheme.names.split(), re.sub(r"\W", "", scheme.name).lower())
}


def scheme_named(name: str) -> Scheme | None:
    """The scheme of a name in any spelling; None where it is in no table."""
    return _BY_NAME.get(folded(name) or "")


def schemes_near(name: str, held: Iterable[str]) -> list[str]:
    """Schemes whose names look like this one, the nearest first: of the table, and those that are held."""
    names = {key: scheme.name for key, scheme in _BY_NAME.items()}
    names |= {folded(scheme) or scheme: scheme for scheme in held}
    asked = folded(name) or name.lower()
    cited = [one.name for one in _TABLE if asked in one.laws.split()]
    state = [one for one in names.values() if len(asked) == 2 and one.lower().startswith(asked)]
    alike = [names[key] for key in get_close_matches(asked, names, n=3, cutoff=0.75)]
    return list(dict.fromkeys([*state, *cited] or alike))


@cache
def words_of(scheme: Scheme) -> frozenset[str]:
    """The words that may stand before or after a code of this scheme without being a part of it."""
    if scheme.shape == "code":
        return frozenset(f"{scheme.laws} code codes".split())
    state = scheme.name.partition("-")[0]
    names = (scheme.laws, scheme.names, STATES.get(state, ""), _ANY_LAW, scheme.name.lower().replace("-", " "))
    return frozenset(" ".join((state.lower(), *names)).split())


def shape_of(codes: Iterable[str]) -> str:
    """How most of these codes number their sections: `9-9` for 28-1381(a)."""
    shapes = Counter(re.sub(r"[0-9]+[a-z]*", "9", code.lower().partition("(")[0]) for code in codes)
    known = [shape for shape, _ in shapes.most_common() if re.fullmatch(r"9(?:[-.:/,]9)*", shape)]
    return known[0] if known else "9"
