"""How the code of an offense is read: as a citation of one scheme, as several offenses, or not at all.

Nothing is guessed. A text is read by the numbering of its scheme alone; where that allows more than one
reading there are more, and the catalog places the text only where all of them lead to one class. What cannot
be read has no reading, so that it is not found and a person looks at it.
"""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Final, Literal, NamedTuple

from conviction_gate.policy.catalog.rows import LONGEST
from conviction_gate.policy.catalog.schemes import Scheme, words_of

Path = tuple[str, ...]
Choice = Literal["level", "compound", "lettered"]
"""What a text can leave open: whether a lone letter is a level, whether a1 is one subdivision and not two, and
whether a letter right after the number of a section is a part of that number."""


class Citation(NamedTuple):
    """One offense of a scheme: its section, and the subdivisions below it, all in small letters."""

    section: str
    path: Path = ()

    def __str__(self) -> str:
        return self.section + "".join(f"({one})" for one in self.path)


class Reading(NamedTuple):
    """One way to read a text. `besides`: what else it says, as `level m` or `an attempt`; `suffix`: the one
    word after a dash, which some rows end with."""

    citations: tuple[Citation, ...]
    besides: tuple[str, ...] = ()
    suffix: str = ""

    def __str__(self) -> str:
        return ", ".join([" and ".join(map(str, self.citations)), *self.besides])


DEEPEST: Final = 5
"""Levels of subdivisions that a code has at most."""
AN_ATTEMPT: Final = "an attempt"

SIGNS: Final = str.maketrans(
    dict.fromkeys("‐‑‒–—―−", "-") | dict.fromkeys("[{", "(") | dict.fromkeys("]}", ")") | {"’": "'"}
)
_LEVEL: Final = re.compile(
    r"misdemeanou?r|misdm?|mis|felony|fel|infraction|infr?|civil|civ|cv|petty|summary|sjf|gm|pm|mm|fs"
    r"|[mf](?:[1-9]|[a-eu])?|i|[1-4][mf]|[a-eu][mf]"
)
_LONE_LEVEL: Final = re.compile(rf"(?:{_LEVEL.pattern})(?![a-z0-9(])")
_ATTEMPT: Final = re.compile(r"att(?:empt(?:ed)?)?(?![a-z])[ ./:-]*")
_ATTEMPTS_OF: Final = {
    "CA-VC": re.compile(r"664(?:\(a\))? ?[/-] ?"),
    "CA-PC": re.compile(r"664(?:\(a\))? ?[/-] ?"),
    "FL-FS": re.compile(r"777\.04(?:\(1\))? ?[/-] ?"),
    "NY-PL": re.compile(r"110(?:\.00)? ?[/-] ?"),
    "TX-PC": re.compile(r"15\.01(?:\(a\))? ?[/-] ?"),
}
_NAME: Final = re.compile(r"[ .,:;/-]*(§+|\d+(?!\d)|[a-z]+(?![a-z]))")
_PART: Final = re.compile(
    r"[ .,]*(?:subd|sub|subs|subdivision|subsection|subsec|subpar|paragraph|par|para|clause|div)(?![a-z])[. ]*"
    r"| ?§§ ?"  # as Pennsylvania's dockets: 75 § 3802 §§ A1
)
_SEPARATOR: Final = re.compile(r"[ ]?[-.:]?[ ]?")
_RUN: Final = re.compile(r"\d{1,2}(?!\d)½?|[a-z]+½?")
_GROUP: Final = re.compile(r"\( ?([a-z0-9½ .-]{1,12}?) ?\)")
_ROMAN: Final = re.compile(r"(?=[ivx])x?(?:ix|iv|v?i{0,3})")
_BESIDES: Final = re.compile(r"[ ,;./-]*\(?([a-z0-9]+)\)?(?![a-z0-9])")
_WRITTEN: Final = re.compile(r"([a-z0-9.:/,-]+)(?:\((?:\d{1,2}|[a-z]|[a-z]\d{1,2})\))*")
_WRITTEN_PART: Final = re.compile(r"\(([a-z0-9]+)\)")
_PADDED: Final = re.compile(r"^0+(?=\d)")
_HALF: Final = re.compile(r"(?:(?<=[a-z0-9]) |(?<=[a-z]))1/2(?!\d)")
_ABBREVIATION: Final = re.compile(r"(?<![a-z0-9.)])[a-z]{1,2}\.(?:[a-z]\.)+[a-z]?(?![a-z])")
_VIRGINIA: Final = re.compile(r"\(?([a-z])\)?[. -]+(?=\d)")
_ANOTHER_PART: Final = re.compile(r"\([a-z0-9]{1,2}\)|[a-z](?![a-z0-9])")
_MORE_NUMBERS: Final = re.compile(r"(?:[ .,:;/§-]+|[a-z]{2})[^0-9]*\d")
_AND: Final = re.compile(r" ?(?:/|,|;|\+|&|and(?![a-z])) ?")
_WORDS: Final = re.compile(r"[ /,:;*|=-]+ ?(.*[a-z]{3,}.*)|\(.*[a-z]{3,}.*")
_AMONG_WORDS: Final = re.compile(r" [a-z]+ [a-z]{2}")
_ONE_WORD: Final = re.compile(r" ?- ?([a-z]{3,})")
# Numbers among words that are no code: a limit, an age, a count, the alcohol in the blood.
_NO_CODE: Final = re.compile(
    r"(?<![\d.])0?\.\d{1,3}(?![\d.])"
    r"|(?<![\d.])\d{1,3}(?= ?(?:%|\+|mph\b|yrs?\b|years?\b|days?\b|st\b|nd\b|rd\b|th\b|or more|or less))"
    r"|(?<![\d.])\d{1,2}(?= ?(?:cts?|counts?|x)\b)|(?<=\bx)\d{1,2}\b"
)
_ANOTHER_OFFENSE: Final = re.compile(r"consp|solicit|accessor|§")


def as_law_writes(scheme: Scheme, code: str) -> Citation | None:
    """The offense of a code that is written as the law or the list writes it, `12500(a)(1)`; None for any other
    text."""
    text = code.lower()
    if scheme.name in _LISTED:
        listed = _listed(scheme, text, 0)
        return listed[0] if listed and listed[1] == len(text) else None
    found = _WRITTEN.fullmatch(text)
    number = _section(scheme).fullmatch(found[1]) if found else None
    if not number:
        return None
    letter = number["letter"] or ""
    if letter and (scheme.glued == "subdivision" or scheme.name == "NY-VTL"):
        return None
    return Citation(_numbered(scheme, number) + letter, tuple(_WRITTEN_PART.findall(text)))


@lru_cache(maxsize=8192)
def readings(scheme: Scheme, code: str) -> tuple[Reading, ...]:
    """All readings that a scheme allows of a text, each once."""
    text = _plain(code)
    if not text:
        return ()
    found: dict[Reading | None, None] = {}
    for one in _split(scheme, text):
        choices: set[Choice] = set()
        found[_Text(scheme, one, frozenset(), choices).read()] = None
        # Only what the text leaves open is read in more than one way, and may leave more open.
        for way in _ways(choices):
            found[_Text(scheme, one, way, choices).read()] = None
    return tuple(reading for reading in found if reading)


def _ways(choices: set[Choice]) -> Iterator[frozenset[Choice]]:
    tried: set[frozenset[Choice]] = {frozenset()}
    while untried := {way | {one} for way in tried for one in choices} - tried:
        way = min(untried, key=sorted)
        tried.add(way)
        yield way


def _plain(code: str) -> str:
    """The text in small letters with single blanks, and without the dots of abbreviations."""
    if len(code) > LONGEST:
        return ""
    text = " ".join(code.translate(SIGNS).split())
    # Before folding case: a Kelvin sign would become a k, a long s an s.
    if not text.replace("§", "").replace("½", "").isascii() or not text.isprintable():
        return ""
    text = _HALF.sub("½", text.lower())
    text = _ABBREVIATION.sub(lambda found: found[0].replace(".", ""), text)
    text = re.sub(r"(?<=[a-z]{2})\.(?=[ ,§)/]|$)", "", text)
    return re.sub(r"(?<=[a-z]{3}) ?& ?(?=[a-z]{3})", " ", text.replace("v&t ", "vtl "))


# -- numbers that are run together ---------------------------------------------------------------------

# Only where a scheme leaves one way to put the signs back.
_RUN_TOGETHER: Final = {
    "AZ-ARS": (r"(28|13)(\d{3,4})", r"\1-\2"),
    "NE-RRS": (r"60-([46])(\d{3})", r"60-\1,\2"),
    "TX-PC": (r"(\d\d)(\d\d)", r"\1.\2"),
    "TX-TC": (r"(\d{3})(\d{3})", r"\1.\2"),
    "VA": (r"(46|18)2-(\d{2,4})", r"\1.2-\2"),
    "WA-RCW": (r"(46)(\d\d)(\d{3,4})", r"\1.\2.\3"),
}


def _split(scheme: Scheme, text: str) -> tuple[str, ...]:
    """The text, or what it can be where its numbers are run together."""
    start = _after_names(scheme, text, 0)
    digits = re.compile(r"\d+(?:-\d+)?(?!\d)").match(text, start)
    if not digits:
        return (text,)
    if scheme.name == "NY-VTL":
        run = digits[0].partition("-")[0]
        return tuple(text[:start] + one + text[start + len(run) :] for one in _new_york(run))
    pattern, parts = _RUN_TOGETHER.get(scheme.name, ("", ""))
    found = re.fullmatch(pattern, digits[0])
    return (text[:start] + found.expand(parts) + text[digits.end() :],) if found else (text,)


def _new_york(run: str) -> list[str]:
    """A section of three or four digits, alone or with its subdivision: 1192, 5091, 119203, 0511001."""

    def is_section(number: str) -> bool:
        return 200 <= int(number) <= 2600

    if len(run) < 4 or (len(run) == 4 and is_section(run)):
        return [run.lstrip("0") or run]
    cuts = {4: (3,), 5: (4, 3), 6: (4,), 7: (4,)}.get(len(run), ())
    found = [(run[:cut], run[cut:]) for cut in cuts if is_section(run[:cut])]
    return [f"{int(section)} {int(part)}" for section, part in found] or [run]


# -- lists of codes, without sections ------------------------------------------------------------------

_LISTED: Final = {
    "NCIC": re.compile(r"(\d{3,4})(?:[-.]0+)?(?![\w.(-])"),
    "NIBRS": re.compile(r"(\d\d)[ -]?([a-z0-9])(?![\w.(-])"),
    "AAMVA-ACD": re.compile(r"([a-z])[ -]?(\d\d)(?![\w.(-])"),
    "CA-DOJ": re.compile(r"(?:0(?=\d{4}\b))?(\d{4,5})(?![\w.(-])"),
}


def _listed(scheme: Scheme, text: str, start: int) -> tuple[Citation, int] | None:
    """The code of a list that begins here, and where it ends."""
    found = _LISTED[scheme.name].match(text, start)
    if not found:
        return None
    code = "".join(found.groups())
    return Citation(code.zfill(4) if scheme.name == "NCIC" else code), found.end()


# -- sections and subdivisions -------------------------------------------------------------------------


class _Text:
    """One way to read a text, from left to right; `choices` gets what the text leaves open."""

    def __init__(self, scheme: Scheme, text: str, way: frozenset[Choice], choices: set[Choice]) -> None:
        self._scheme = scheme
        self._text = text
        self._way = way
        self._choices = choices
        self._besides: list[str] = []
        self._suffix = ""

    def read(self) -> Reading | None:
        start = 0
        for attempt in (_ATTEMPT, _ATTEMPTS_OF.get(self._scheme.name)):
            if attempt and (found := attempt.match(self._text, start)):
                start = found.end()
                self._besides.append(AN_ATTEMPT)
        citations, end = self._citation(start)
        while citations:
            end = self._skip_besides(end)
            if not self._text[end:].strip(" .,;:-"):
                break
            if more := self._one_more(end, citations[-1]):
                citations, end = (*citations, *more[0]), more[1]
            elif self._is_literal(end):
                break
            else:
                return None
        return Reading(citations, tuple(dict.fromkeys(self._besides)), self._suffix) if citations else None

    def _citation(self, start: int) -> tuple[tuple[Citation, ...], int]:
        """The offense that begins here, or several where the subdivisions are listed; none: it begins none."""
        text, start = self._text, _after_names(self._scheme, self._text, start)
        if self._scheme.name in _LISTED:
            listed = _listed(self._scheme, text, start)
            return ((listed[0],), listed[1]) if listed else ((), start)
        before: Path = ()
        if self._scheme.name == "VA" and (found := _VIRGINIA.match(text, start)):
            before, start = (found[1],), found.end()
        found = _section(self._scheme).match(text, start)
        if not found:
            return (), start
        section, end, letter = _numbered(self._scheme, found), found.end("number"), found["letter"]
        if letter and self._belongs(section):
            dash = "-" if self._scheme.name == "NY-VTL" else ""
            section, end = section + dash + letter, found.end("letter")
        paths, end = self._paths(end)
        return tuple(Citation(section, (*before, *path)) for path in paths), end

    def _belongs(self, section: str) -> bool:
        """Whether a letter after this section's number is part of the number."""
        if self._scheme.glued == "either":
            return section not in self._scheme.plain.split() and self._is_so("lettered")
        return self._scheme.glued == "section"

    def _paths(self, end: int) -> tuple[list[Path], int]:
        """The subdivisions from here on, and where they end; more than one path where they are listed."""
        paths: list[Path] = [()]
        while token := self._subdivisions(end):
            parts, after = token
            longer = list(paths)
            for part in parts:
                above = longer[-1]
                if len(longer) == 1 and len(above) < DEEPEST and _may_follow(self._scheme, above, part):
                    longer[-1] = (*above, part)
                elif above and _is_later_letter(above[-1], part):
                    longer.append((*above[:-1], part))
                else:
                    return paths, end
            paths, end = longer, after
        return paths, end

    def _subdivisions(self, start: int) -> tuple[Path, int] | None:
        """One subdivision or several that are written as one, and where they end."""
        text = self._text
        before = _PART.match(text, start) or _SEPARATOR.match(text, start)
        at = before.end() if before else start
        if group := _GROUP.match(text, at):
            if at > start and group[1] in ("f", "m") and self._is_so("level"):
                return None
            parts = self._in_parentheses(group[1])
            return (parts, group.end()) if parts else None
        if (one := _compound(self._scheme).match(text, at)) and self._is_so("compound"):
            return (one[0],), one.end()
        run = _RUN.match(text, at)
        if not run:
            return None
        if at > start and text[at - 1] in " -" and _LONE_LEVEL.match(text, at) and self._is_so("level"):
            return None
        parts = _letters(run[0]) if run[0][0].isalpha() else (self._number(run[0]),)
        if len(parts) > 1 and _AMONG_WORDS.match(text, at - 1):
            return None  # the word `no`, and not subdivisions n and o
        return (parts, run.end()) if parts else None

    def _in_parentheses(self, content: str) -> Path | None:
        """The subdivisions that parentheses hold: one, as a rule; None for anything else."""
        whole = re.sub(r"[ .]", "", content)
        if _compound(self._scheme).fullmatch(whole) and (whole == content or self._is_so("compound")):
            return (whole,)
        if "-" in whole or (len(whole) > 1 and _LEVEL.fullmatch(whole)):
            return None
        parts: Path = ()
        for run in _RUN.findall(whole):
            one = _letters(run) if run[0].isalpha() else (self._number(run),)
            if not one:
                return None
            parts += one
        return parts

    def _is_so(self, choice: Choice) -> bool:
        """Which of two ways a text is read where it leaves both open."""
        self._choices.add(choice)
        return choice in self._way

    def _number(self, digits: str) -> str:
        return digits.lstrip("0") or digits if self._scheme.name == "NY-VTL" else digits

    def _skip_besides(self, start: int) -> int:
        """Go past levels, names of the scheme and words for an attempt; where these end."""
        while found := _BESIDES.match(self._text, start):
            word = found[1]
            glued = found.start(1) == start and self._text[start - 1] != ")"
            if word in words_of(self._scheme) and not word.isdigit():
                pass
            elif glued:
                break
            elif _LEVEL.fullmatch(word):
                self._besides.append(f"level {word}")
            elif _ATTEMPT.fullmatch(word):
                self._besides.append(AN_ATTEMPT)
            else:
                break
            start = found.end()
        return start

    def _one_more(self, start: int, last: Citation) -> tuple[tuple[Citation, ...], int] | None:
        """One more offense after a sign or word between two, whole or as another subdivision of the last."""
        found = _AND.match(self._text, start)
        if not found:
            return None
        if last.path and _ANOTHER_PART.match(self._text, found.end()):
            token = self._subdivisions(found.end())
            if token and len(token[0]) == 1 and token[0][0].isalpha() == last.path[-1].isalpha():
                return (last._replace(path=(*last.path[:-1], *token[0])),), token[1]
            return None
        citations, end = self._citation(found.end())
        return (citations, end) if citations else None

    def _is_literal(self, start: int) -> bool:
        """Whether what is left are words that hold no code."""
        text = self._text[start:]
        if self._text[start - 1] == ")" and text[0].isalpha():
            text = " " + text
        if (
            not _WORDS.fullmatch(text)
            or _ANOTHER_OFFENSE.search(text)
            or re.search(r"\d", _NO_CODE.sub("", text))
        ):
            return False
        if word := _ONE_WORD.fullmatch(text):
            self._suffix = word[1]
        self._besides.append(f"the words {text.strip(' /,:;*|=-')}")
        return True


def _may_follow(scheme: Scheme, path: Path, part: str) -> bool:
    """Whether the law can number a subdivision so below another: letters below numbers, and in turn."""
    is_number = part[0].isdigit()
    if not path:
        return scheme.first == "any" or (scheme.first == "number") == is_number
    above = path[-1]
    if is_number:
        return scheme.nested or above[0].isalpha()
    below_roman = len(path) > 1 and _ROMAN.fullmatch(above)
    return above[0].isdigit() or not above[-1].isalpha() or bool(below_roman or _ROMAN.fullmatch(part))


def _is_later_letter(one: str, other: str) -> bool:
    return (
        len(one) == len(other) == 1 and one.isalpha() and other.isalpha() and one < other and other not in "mf"
    )


def _letters(run: str) -> Path:
    """The subdivisions that a run of letters can be: c, aa, iv, or the two of ab; none: it is a word."""
    if len(run) == 1 or _ROMAN.fullmatch(run) or run.endswith("½"):
        return (run,)
    if len(run) == 2:
        return (run,) if run[0] == run[1] else tuple(run) if ord(run[1]) - ord(run[0]) == 1 else ()
    return ()


def _after_names(scheme: Scheme, text: str, start: int) -> int:
    """Where a citation begins, after the names of its scheme and words such as `section`."""
    while (found := _NAME.match(text, start)) and (found[1][0] == "§" or found[1] in words_of(scheme)):
        if found[1].isdigit() and not _MORE_NUMBERS.match(text, found.end()):
            break
        start = found.end()
    return start + len(text[start:]) - len(text[start:].lstrip(" .,:;/-"))


@cache
def _compound(scheme: Scheme) -> re.Pattern[str]:
    return re.compile(rf"(?:{scheme.compound})(?![a-z0-9])" if scheme.compound else r"(?!)")


# Laws whose chapters or titles are numbered as 265-A or 431:10C, and the second parts of section numbers such
# as 60-6,196 and 304.39-080, where these depart from the rule.
_CHAPTER_OF: Final = {
    "HI-HRS": r"(?:\d{1,3} ?: ?)?\d{1,4}[a-z]?",
    "ME-MRS": r"\d{1,2}(?: ?-? ?[a-z])?",
    "NH-RSA": r"\d{1,4}(?: ?-? ?[a-z])?",
}
_SECOND_PART_OF: Final = {
    "KS-STAT": r"(?:,\d{1,3}(?!\d))?(?:\.\d{1,2}(?!\d))?",
    "KY-KRS": r"(?:-\d{3}(?!\d))?",
    "ME-MRS": r"(?:(?: ?- ?)?[a-z](?![a-z0-9]))?",
    "NE-RRS": r"(?:,\d{1,3}(?!\d))?(?:\.\d{1,2}(?!\d))?",
    "NH-RSA": r"(?: ?- ?[a-z](?![a-z0-9]))?",
    "NY-VTL": r"(?: ?- ?[a-z](?![a-z0-9]))?",
    "OK-ST": r"(?: ?- ?\d{1,4}(?!\d))?(?:\.\d{1,2}(?!\d))?",
    "VA": r"(?:\.\d{1,3}(?!\d)(?::\d{1,2})?)?",
}


@cache
def _section(scheme: Scheme) -> re.Pattern[str]:
    """What finds the number of a section, with the group `number` and its parts, and `letter`."""
    signs = scheme.shape[1::2]
    between = r"(?: ?(?:[-.:/,]|,? ?§+|,? s(?:ec)?\.?(?= ?\d)) ?| )"
    if scheme.shape == "9/9" or scheme.name in ("OK-ST", "DC-DCMR"):  # 21 Del. C. § 4177
        between = rf"(?:(?:[ .]*(?:{scheme.laws.replace(' ', '|')})(?![a-z]))+[ .]*(?:§+ ?)?|{between})"
    # Some laws have chapters such as 9-18.1-2-3.
    chapter = r"\d{1,4}[a-z]?½?" if "." in signs else r"\d{1,4}(?:[a-z]|\.\d{1,2})?½?"
    chapter = _CHAPTER_OF.get(scheme.name, chapter)
    # After the letter of a chapter the sign may be missing: 484C110.
    inner = "".join(rf"({chapter})(?:{between}|(?<=[a-z]))" for _ in signs)
    if scheme.name == "IL-625":
        inner = rf"(?:(\d{{1,3}}(?:\.0)?){between})?(\d{{1,2}}[a-z]?){between}"
    letter = "[a-z]{1,2}" if scheme.glued == "section" else "[a-z]"
    last = r"(\d{1,5}½?)(?!\d)"
    more = _SECOND_PART_OF.get(scheme.name, r"(?:\.\d{1,3}(?!\d))?" if scheme.fraction else "")
    return re.compile(rf"(?P<number>{inner}{last}({more}))(?P<letter>{letter}½?(?![a-z]))?")


def _numbered(scheme: Scheme, found: re.Match[str]) -> str:
    *inner, last, more = [part.replace(" ", "") if part else "" for part in found.groups()[1:-1]]
    if scheme.name in ("IL-625", "IL-720"):
        inner[0] = inner[0].removesuffix(".0") or "5"
    if scheme.name in ("ME-MRS", "NH-RSA"):
        inner, more = [_dashed(part) for part in inner], _dashed(more)
    signs = scheme.shape[1::2]
    if signs and "." not in signs and not scheme.zeros:  # 56-05-2930 is 56-5-2930
        *inner, last = [_PADDED.sub("", part) for part in (*inner, last)]
    return "".join([part + sign for part, sign in zip(inner, signs, strict=True)]) + last + more


def _dashed(part: str) -> str:
    """265-a for 265a, and -a for a."""
    return re.sub(r"(?<!-)([a-z])$", r"-\1", part)
