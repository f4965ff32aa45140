"""How one offense code is spelled by different systems, folded into one key.

Two rules keep it safe. Nothing is ever guessed: what could be two offenses stays as it was sent, so
that it is not found and a person looks at it. And nothing is ever joined: subdivisions are put into
parentheses, never taken out of them, so that `20-28(a1)` and `20-28(a)(1)` stay apart.
"""

import re
from functools import lru_cache
from typing import Final

LONGEST: Final = 128
"""Characters of the longest code that is looked at (the contract's limit of an id)."""

_DASHES: Final = str.maketrans(dict.fromkeys("‐‑‒–—―−", "-"))
_BRACKETS: Final = str.maketrans("[]{}", "()()")
_KNOWN: Final = re.compile(r"[a-z0-9 ().:/§-]+")

# A bare letter at the end is a subdivision only where sections of law never end in a letter
# themselves, as North Carolina's 20-138.2A, New York's 1111-a and New Jersey's 39:3-10a do.
_BARE_LETTER_IS_A_PART: Final = frozenset({"azars", "cavc", "gaocga", "txtc", "va"})
# New York numbers the sections of this code without dots, so that a dot begins a subdivision.
_DOT_BEGINS_A_PART: Final = frozenset({"nyvtl"})

# How a citation names its scheme, besides by the scheme's own name.
_CITED_AS: Final = {
    "aamvaacd": ("aamva", "acd"),
    "azars": ("ars",),
    "capc": ("pc", "cpc"),
    "cavc": ("vc", "cvc"),
    "cocrs": ("crs",),
    "flfs": ("fs",),
    "gaocga": ("ocga",),
    "il625": ("625 ilcs",),
    "il720": ("720 ilcs",),
    "ncgs": ("gs",),
    "nj": ("njs", "njsa"),
    "nypl": ("pl",),
    "nyvtl": ("vtl",),
    "txpc": ("pc",),
    "txtc": ("tc",),
    "warcw": ("rcw",),
}


@lru_cache(maxsize=4096)
def key_of(scheme: str, code: str) -> tuple[str, str] | None:
    """The key of an offense: equal for spellings of one code, different for different codes.

    Case, white space, section signs, a repeated scheme, kinds of dashes and brackets do not count.
    A text that holds anything else (other scripts, control characters, half characters) or more
    than 128 characters has none.
    """
    name = _scheme(scheme)
    folded = _plain(code)
    if name is None or folded is None:
        return None
    # Scheme and section sign come in either order: again, until nothing changes.
    while (key := _folded(name, folded)) != folded:
        folded = key
    return (name, key) if key and "§" not in key else None


def normalised(scheme: str, code: str) -> tuple[str, str]:
    """The key of an offense; what has none comes back as it was sent, which is no key of the catalog."""
    return key_of(scheme, code) or (scheme, code)


def _folded(name: str, code: str) -> str:
    bare = _without_section_sign(_without_scheme(name, code))
    return _parts_in_parentheses(name, _without_white_space(bare))


def _plain(text: str) -> str | None:
    """The text in plain small letters with single blanks; None where it holds anything else."""
    if len(text) > LONGEST:
        return None
    text = " ".join(text.translate(_DASHES).translate(_BRACKETS).split())
    # Before folding case: a Kelvin sign would become a k, a long s an s.
    if not text.replace("§", "").isascii():
        return None
    text = text.lower()
    return text if _KNOWN.fullmatch(text) else None


def _scheme(scheme: str) -> str | None:
    if len(scheme) > LONGEST:
        return None
    plain = re.sub(r"[\s_-]+", "", scheme.translate(_DASHES))
    return plain.lower() if plain.isascii() and plain.isalnum() else None


def _without_scheme(name: str, code: str) -> str:
    """Drop the scheme before (`CVC 12500`, `A.R.S. § 28-3151`) or after a code (`12500(a) VC`)."""
    before, after = _citations(name)
    while match := before.match(code):
        code = code[match.end() :]
    while match := after.search(code):
        code = code[: match.start()]
    return code


@lru_cache(maxsize=64)
def _citations(name: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    words = sorted((*_CITED_AS.get(name, ()), name), key=len, reverse=True)
    cited = "|".join(r"\W?".join(map(re.escape, word.replace(" ", ""))) for word in words)
    # Where letter would meet letter, or digit digit, only a blank tells the scheme from the code.
    before = rf"(?:{cited})(?:\.? |\.?(?=§)|\.?(?<![0-9])(?=[0-9]))"
    after = rf"(?:(?<=\)) ?|(?<=[a-z0-9]) )(?:{cited})\.?$"
    return re.compile(before), re.compile(after)


def _without_section_sign(code: str) -> str:
    return re.sub(r"^(?:(?:§+|sections?\b|secs?\b)\.? ?)+", "", code)


def _without_white_space(code: str) -> str:
    """Drop blanks, except where they part two numbers (`2000 1(a)` is not `20001(a)`) or two
    subdivisions (`(a 1)` could be `(a1)` or `(a)(1)`)."""
    return re.sub(r"(?<![0-9])(?<!\([a-z]) | (?![0-9])", "", code)


def _parts_in_parentheses(name: str, code: str) -> str:
    """Put every subdivision that is one beyond doubt into parentheses."""
    code = re.sub(r"\.+(?=\()|(?<=\))\.+|\.+$", "", code)
    end = r"(?=[(-]|$)"
    code = re.sub(rf"\.([a-z]){end}", r"(\1)", code)
    if name in _DOT_BEGINS_A_PART:
        code = re.sub(r"\.([0-9]+|[ivx]+|[a-z])(?=[.(]|$)", r"(\1)", code)
    if name in _BARE_LETTER_IS_A_PART:
        code = re.sub(r"(?<=[0-9])([a-z])(?=\(|$)", r"(\1)", code)
    return re.sub(rf"(?<=\))([0-9]+|[a-z]){end}", r"(\1)", code)
