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
from conviction_gate.policy.catalog.run_together import with_signs
from conviction_gate.policy.catalog.schemes import Scheme, words_of
from conviction_gate.policy.catalog.words import (
    AN_ATTEMPT,
    LAST_NAME,
    THE_WORDS,
    after_words,
    are_words,
    holds_a_number,
    is_name,
    names_another_law,
)

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

SIGNS: Final = str.maketrans(
    dict.fromkeys("‐‑‒–—―−", "-") | dict.fromkeys("[{", "(") | dict.fromkeys("]}", ")") | {"’": "'", "_": " "}
)
_LEVEL: Final = re.compile(
    r"misdemeanou?r|misdm?|mis|felony|fel|infraction|infr?|civil|civ|cv|petty|summary|sjf|gm|pm|mm|mw|fs"
    r"|[mf](?:[1-9]t?|[a-eu])?|i|[1-4][mf]|[a-eu][mf]|mt|smms"
)
_LONE_LEVEL: Final = re.compile(rf"(?:{_LEVEL.pattern})(?![a-z0-9(])")
_ATTEMPT: Final = re.compile(r"att(?:empt(?:ed)?)?(?![a-z])[ ./:-]*")
_ATTEMPTS_OF: Final = {
    "CA-VC": re.compile(r"(?:pc ?)?664(?:\(a\))?(?: ?pc)? ?[/-] ?"),
    "CA-PC": re.compile(r"664(?:\(a\))? ?[/-] ?"),
    "FL-FS": re.compile(r"777\.04(?:\(1\))? ?[/-] ?"),
    "NY-PL": re.compile(r"110(?:\.00)? ?[/-] ?"),
    "TX-PC": re.compile(r"15\.01(?:\(a\))? ?[/-] ?"),
}
_NAME: Final = re.compile(r"[ .,:;/-]*(§+|\d+(?!\d)|[a-z]+(?![a-z]))")
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_PART: Final = re.compile(
    r"[ .,]*(?:subd|sub|subs|subdivision|subsection|subsec|subpar|paragraph|par|para|clause|div)(?![a-z])[. ]*"
    r"| ?§§ ?"  # as Pennsylvania's dockets: 75 § 3802 §§ A1
)
_BEFORE_A_ROMAN: Final = re.compile(r", (?=[ivx]+(?![a-z]))")
_SEPARATOR: Final = re.compile(r"[ ]?[-.:]?[ ]?")
_RUN: Final = re.compile(r"\d{1,2}(?!\d|(?:st|nd|rd|th)(?![a-z]))½?|[a-z]+½?")
_GROUP: Final = re.compile(r"\( ?([a-z0-9½ .-]{1,12}?) ?\)")
_PARTS: Final = re.compile(r"(?:(?<!\d)\d{1,2}½?|[a-z]+½?| |\.(?!\d))+")
_ROMAN: Final = re.compile(r"(?=[ivx])x?(?:ix|iv|v?i{0,3})")
_GRADE: Final = re.compile(r"[ -]?(?:class )?[a-eu1-5](?![a-z0-9(])")
_BESIDES: Final = re.compile(r"[ ,;./-]*\(?([a-z0-9]+)\)?(?![a-z0-9])")
_WRITTEN: Final = re.compile(r"([a-z0-9.:/,-]+)(?:\((?:\d{1,2}|[a-z]|[a-z]\d{1,2})\))*")
_WRITTEN_PART: Final = re.compile(r"\(([a-z0-9]+)\)")
_PADDED: Final = re.compile(r"^0+(?=\d)")
_HALF: Final = re.compile(r"(?:(?<=[a-z0-9]) |(?<=[a-z]))1/2(?!\d)")
_SPELT_OUT: Final = re.compile(
    r"\b(?:h(?:[ &/+-]{1,3}| and )r|[lc] ?/ ?s|v ?/ ?p|p ?/ ?v|b ?/ ?w|d[ /-]+[uw][ /-]+i|o[ /-]+[uwv][ /-]+i"
    r"|f[ /-]+t[ /-]+a|v[ /-]+o[ /-]+p|c[ /-]+c[ /-]+w|d w a i|b a c)\b"
)
_ABBREVIATION: Final = re.compile(r"(?<![a-z0-9.)])[a-z]{1,2}\.(?:[a-z]\.)+[a-z]?(?![a-z])")
_VIRGINIA: Final = re.compile(r"\(?([a-z])\)?[. -]+(?=\d)")
_ANOTHER_PART: Final = re.compile(r"\([a-z0-9]{1,2}\)|[a-z](?![a-z0-9])")
_MORE_NUMBERS: Final = re.compile(r"(?:[ .,:;/§-]+|[a-z]{2})[^0-9]*\d")
_AND: Final = re.compile(r" ?(?:/|,|;|\+|&|and(?![a-z])) ?")
_WORDS: Final = re.compile(
    r"[ /,:;*|=-]+ ?(.*(?:[a-z]{3,}|[a-z]{2} [a-z]{2}).*)|\((?![a-z0-9]{1,2}\)).*[a-z]{3,}.*"
)
_A_PART_APART: Final = re.compile(r" ?[,/] ?(?:[a-z]|\d{1,2}(?:-[a-z]+)?)(?=[ ,]|$)")
_TWO_LETTERS: Final = re.compile(r"-[a-z]{2}[ ,]")
_GLUED_WORDS: Final = re.compile(r"[a-z]{3,} [a-z]{2}")
_AMONG_WORDS: Final = re.compile(r"[ .][a-z]+ [a-z]{2}")
_ONE_WORD: Final = re.compile(r" ?- ?([a-z]{3,})")


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
    if scheme.name == "MO-RSMO":  # a charge code of the state: 577.010-001Y20205404.0
        text = re.sub(r"(?<=\d)-\d{3}[yn]\d{6,8}(?:\.\d)?(?!\d)", "", text)
    if names_another_law(scheme, text):
        return ()
    if found := _readings(scheme, text):
        return found
    words, text = after_words(scheme, text)
    return tuple(one._replace(besides=(*one.besides, *words)) for one in _readings(scheme, text))


def _readings(scheme: Scheme, text: str) -> tuple[Reading, ...]:
    found: dict[Reading | None, None] = {}
    start = _after_names(scheme, text, 0)
    for one in (text[:start] + way for way in with_signs(scheme.name, text[start:])):
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
    text = re.sub(r"(?<=\d)(?=(?:[a-z]\.){2})", " ", text)
    text = _SPELT_OUT.sub(lambda found: re.sub(r"\W", "", found[0]), text)
    text = _ABBREVIATION.sub(lambda found: found[0].replace(".", ""), text)
    text = re.sub(r"(?<=[a-z]{2})\.(?=[ ,§)/]|$)", "", text)
    return re.sub(r"(?<=[a-z]{3}) ?& ?(?=[a-z]{3})", " ", text.replace("v&t ", "vtl "))


# -- lists of codes, without sections ------------------------------------------------------------------

_LISTED: Final = {
    "NCIC": re.compile(r"(\d{3,4})(?:[-.]0+)?(?![\w.(]|-(?! ?[a-z]{3}))"),
    "NIBRS": re.compile(r"(\d\d)[ -]?([a-z0-9])(?![\w.(]|-(?! ?[a-z]{3}))"),
    "AAMVA-ACD": re.compile(r"([a-z])[ -]?(\d\d)(?![\w.(]|-(?! ?[a-z]{3}))"),
    "CA-DOJ": re.compile(r"(?:0(?=\d{4}\b))?(\d{4,5})(?![\w.(]|-(?! ?[a-z]{3}))"),
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
            elif more := self._after_its_words(end):
                citations, end = (*citations, *more[0]), more[1]
            else:
                return None
        if not citations or (self._suffix and len(citations) > 1):
            return None
        return Reading(citations, tuple(dict.fromkeys(self._besides)), self._suffix)

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
        if self._scheme.name == "NH-RSA":  # RSA 265:60, II
            before = _BEFORE_A_ROMAN.match(text, start) or before
        at = before.end() if before else start
        if group := _GROUP.match(text, at):
            if group[1] in ("f", "m")[at == start :] and self._is_so("level"):  # few have thirteen: (m)
                return None
            parts = self._in_parentheses(group[1])
            return (parts, group.end()) if parts else None
        if (one := _compound(self._scheme).match(text, at)) and self._is_so("compound"):
            return (one[0],), one.end()
        run = _RUN.match(text, at)
        if not run or (run[0].isdigit() and _is_far(run[0], text[start:at])):
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
        if not _PARTS.fullmatch(content) or (len(whole) > 1 and _LEVEL.fullmatch(whole)):
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
                grade = _GRADE.match(self._text, found.end(1)) if len(word) > 2 else None  # MISD A
                self._besides.append(f"level {word}{grade[0] if grade else ''}")
                if grade:
                    start = grade.end()
                    continue
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
            name = LAST_NAME.search(self._text, 0, start)
            if not name or not is_name(self._scheme, name[1]):
                return None
            citations, end = self._citation(start)  # 14601.1(A) VC 4462(B)
            return (citations, end) if citations else None
        if last.path and _ANOTHER_PART.match(self._text, found.end()):
            token = self._subdivisions(found.end())
            if token and len(token[0]) == 1 and token[0][0].isalpha() == last.path[-1].isalpha():
                return (last._replace(path=(*last.path[:-1], *token[0])),), token[1]
            return None
        citations, end = self._citation(found.end())
        return (citations, end) if citations else None

    def _is_literal(self, start: int, end: int | None = None) -> bool:
        """Whether what is left, or stands before `end`, are words that hold no code."""
        text = self._text[start:end]
        if (self._text[start - 1] == ")" and text[:1].isalpha()) or _GLUED_WORDS.match(text):
            text = " " + text
        if (
            not _WORDS.fullmatch(text)
            or _A_PART_APART.match(text)
            or (self._scheme.compound and _TWO_LETTERS.match(text))
            or not are_words(self._scheme, text)
            or holds_a_number(self._scheme, text)
        ):
            return False
        if word := _ONE_WORD.fullmatch(text):
            self._suffix = word[1]
        self._besides.append(THE_WORDS + text.strip(" /,:;*|=-"))
        return True

    def _after_its_words(self, start: int) -> tuple[tuple[Citation, ...], int] | None:
        """One more offense after the words of the last: 4510.11 DUS; 4511.33 LANES."""
        for sign in _AND.finditer(self._text, start + 1):
            citations, end = self._citation(sign.end())
            if citations and self._is_literal(start, sign.start()):
                return citations, end
        return None


def _may_follow(scheme: Scheme, path: Path, part: str) -> bool:
    """Whether the law can number a subdivision so below another: letters below numbers, and in turn."""
    is_number = part[0].isdigit()
    if not path:
        return scheme.first == "any" or (scheme.first == "number") == is_number
    above = path[-1]
    if is_number:
        return scheme.nested or above[0].isalpha()
    if scheme.name == "OR-ORS":  # 811.540(1)(b)(A)
        return True
    below_roman = (len(path) > 1 or scheme.name == "NH-RSA") and _ROMAN.fullmatch(above)
    return above[0].isdigit() or not above[-1].isalpha() or bool(below_roman or _ROMAN.fullmatch(part))


def _is_far(digits: str, between: str) -> bool:
    """Whether a number that stands apart can be a section, or a fraction of one as in 23103(A) .5."""
    return between == " ." or (" " in between and int(digits) >= 20)


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
    while (found := _NAME.match(text, start)) and (
        is_name(scheme, found[1]) or (start and _YEAR.fullmatch(found[1]) and len(scheme.shape) > 1)
    ):
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
    if scheme.shape == "9/9" or scheme.name in ("OK-ST", "DC-CODE", "DC-DCMR"):  # 21 Del. C. § 4177
        law = rf"[ .-]*(?:{scheme.laws.replace(' ', '|')}|(?:19|20)\d\d(?=,? [s§]))(?![a-z])"
        between = rf"(?:(?:{law})+[ .,-]*(?:§+ ?|sec(?:tion)?\.? ?)?| section |{between})"
    # Some laws have chapters such as 9-18.1-2-3.
    chapter = r"\d{1,4}[a-z]?½?" if "." in signs else r"\d{1,4}(?:[a-z]|\.\d{1,2})?½?"
    chapter = _CHAPTER_OF.get(scheme.name, chapter)
    # After the letter of a chapter the sign may be missing: 484C110.
    inner = "".join(rf"({chapter})(?:{between}|(?<=[a-z]))" for _ in signs)
    if scheme.name == "IL-625":
        inner = rf"(?:(\d{{1,3}}(?:\.0)?){between})?(\d{{1,2}}[a-z]?){between}"
    letter = "[a-z]{1,2}" if scheme.glued == "section" else "[a-z]"
    if scheme.name == "OK-ST":  # 11-902A1 is 11-902(A)(1)
        letter += r"(?!\d)"
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
