"""The words beside a code, as in NO LICENSE (M2) 322.03: what they may say, and what leaves the code open."""

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Final

from conviction_gate.policy.catalog.rows import never_minor
from conviction_gate.policy.catalog.schemes import Scheme, words_of

AN_ATTEMPT: Final = "an attempt"
THE_WORDS: Final = "the words "
"""Before what a reading repeats of them."""
LAST_NAME: Final = re.compile(r"(?:^|(?<=[ (/,:;=#-]))(§+|\d+|[a-z]+)[ .,:;/=#§-]*$")
"""The last word of a text."""

# Numbers that are no code: a limit, an age, a count, a level, the alcohol in the blood.
_NO_CODE: Final = re.compile(
    r"(?<![\d.])0?\.\d{2,3}(?![\d.])"
    r"|(?<![\d.])\d{1,3}(?= ?(?:%|\+|mph\b|yrs?\b|years?\b|days?\b|st\b|nd\b|rd\b|th\b|or more|or less))"
    r"|(?<![\d.])\d{1,2}(?= ?(?:cts?|counts?|x)\b)|(?<=\bx)\d{1,2}\b"
    r"|(?<![\d.])\d{1,2} ?[-/] ?\d{1,2}(?= ?mph\b| (?:over|above)\b(?! ?[.$\d]))"
    r"|(?<=\bspeeding )\d{2,3} in \d{2}(?![\d-])"
    r"|(?<=\bover )\d{1,2}(?![\d.(-])|(?<=\bunder )\d{1,2}(?![\d.(-])|(?<![\w.-])\d{1,2}(?= over\b)"
    r"|\$ ?\d[\d,]*(?![\d.])|(?<![a-z0-9.])(?:[mf]-?[1-9]t?|[1-4][mf])(?![a-z0-9.(])"
)
# Not where 90/24 is a section.
_SPEEDS: Final = re.compile(r"(?:(?<=\bspeeding )|(?<=\bspeed ))\d{2,3}/\d{2}(?![\d-])")
# So are these where they stand alone among words, and can be no title, chapter or section of two digits.
_SMALL: Final = re.compile(r"(?<=[ #])\d{1,2}(?=[ ,;]|-[a-z]{3}|$)(?!\W+\d)|(?<=[a-z][-/])\d(?![\d.:/(-])")
_AFTER_A_CODE: Final = re.compile(
    r"(?:\d|[§(,;+&]|(?<!\bw)/)\W*$|\b(?:and|s|secs?|sect|sections?|chapter|ch|c|title|t|art|os|rs)\.? $"
)
_SECTIONS_SO_SMALL: Final = {"CA-VC": re.compile(r"20|27|31"), "MA-GL": re.compile(r"\d{1,2}")}
_COUNT: Final = re.compile(r"(?:ct|cnt|count|chg|charge) ?#?\d{1,2}[ .:)/-]+(?=.*\d)")
_ATTEMPTED: Final = re.compile(r"\batt(?:empt(?:ed)?)?\b")
_OF_COURT: Final = re.compile(
    r"\b(?:fta|ftc|ftp|ftapp|fail\w* to (?:app\w*|comply|pay)|bench|warrants?|warr|wrr?nt|capias|vop|parole"
    r"|wt(?! (?:limit|viol))|prob(?:ation)?(?! lic)|contempt|of court|bail|bond|detainer|fugitive|attachment"
    r"|show cause|revocation of (?!lic|priv|dl))\b"
)
_OF_A_RECORD: Final = re.compile(r"\b(?:docket|case|cause|incident|citation|cit|no|number)\W*$")
_ANOTHER_OFFENSE: Final = re.compile(r"consp|solicit|accessor|abet|§")
_LAWS: Final = frozenset(
    ("code", "codes", "law", "laws", "st", "stat", "stats", "statute", "statutes", "title")
)
_ANOTHER_LAW: Final = re.compile(
    r"\b(?:code|statutes?|penal|pen|health|welf|welfare|ord|ordinance|muni?|municipal|cfr|usc|pc|cpc|hs|hsc|bp|bpc|ccr"
    r"|prc|crimes)\b|(?<!speed )(?<!over )\blaws?\b"
)
_ANOTHER_BOOK: Final = re.compile(
    r"\b(?:h ?(?:[&/]|and) ?s|b ?(?:[&/]|and) ?p|w ?(?:[&/]|and) ?i|bus\w* (?:(?:&|and) )?prof)\b"
)
_CRIMES_CODE: Final = re.compile(r"\bcc\b")
# Before a code a short word can be the name of another law, as in ECL 1212; these are none.
_SHORT_WORDS: Final = re.compile(r"alc|drug|dui|duii|dwi|dwai|flee|hit|oui|ovi|owi|run|test")
# What plain words say of another offense where they come together; so can single letters.
_TOGETHER: Final = re.compile(
    r"\bunauth\w* (?:veh )?(?:use|oper)|\b(?:unlaw|illegal)\w* (?:use|restr|poss|entr|carr)|\bopen carry"
    r"|\bveh use|\br[au]n\w* (?:away )?from|\bdr[io]ve off|\bw/?o owners? perm|\benter\w* (?:an? )?(?:auto|veh)"
    r"|\bchild neg|\bchild.*(?:unatt|left)|\bunatt\w* (?:child|veh)|\bleft unattended|\bset fire|\bfire ?arm"
    r"|\bviol\w* (?:of )?(?:cond|terms|restr|no cont)|\baggravated (?!unlic)|\bposs\w* (?:of )?cont"
    r"|\b(?:obst|obey|disobey|inter)\w* (?:of |w/ )?off\b|\bfail\w* to (?:register|stop pers)\b"
    r"|\bfts\b.*(?:acc|crash|coll)|\b(?:fts|stop) and (?:give|prov)|\bgive name|\bstop (?:on|when) sig"
    r"|\b(?:acc|crash|coll|reckless)\w* (?:w/ ?)?(?:pe|unatt)|\bhigh rate|\bwhile high|\b0?8 ?%? or more"
    r"|\b(?:under(?: the?)?|while)(?: in?)?(?=$|;|/)|\b(?:enter\w*|fail\w*(?: to)?)(?=$|;|/)|\bin persons|\.\d"
    r"|\b(?!w ?/? ?o\b|m/c\b|m/v\b|d/l\b|o/l\b|[nsew]/b\b)[a-z](?:[ +/&.-]+[a-z])+\b"
)
# Their beginnings can be of another word, or hide an accident.
_NEVER_CUT: Final = re.compile(r"acc|coll|obst|regist|restra|unatt|attach")
_TO_ENDANGER: Final = re.compile(r"\b(?:driving|drvg) to endanger\b")
_DRUNK: Final = r"(?:d[uw]i+|dwai|o[uwv]i+|bac|refusal|alcohol\w*|drunk\w*|intox\w*|drug\w*)"
_DEBT: Final = r"(?:fta|ftp|fail\w* to (?:appear|pay)(?: fines?)?)"
_LICENSE_LOST: Final = re.compile(
    rf"\b(?:susp(?:end|ended|ension)?|rev(?:o|oked|ocation)?|restr(?:icted|iction)?)(?:/etc)?:?[ :]"
    rf"?(?:(?:lic\w*|priv\w*|for|due to|prior|on|a|after|dl|rel\w*) )*(?:{_DRUNK}|{_DEBT})\b"
    rf"|\b{_DRUNK}(?:[ -]rel(?:ated)?)? (?:susp(?:ended|ension)?|revo\w*)\b"
)
"""A license that was suspended for drunk driving, or for a fine: that is not drunk driving."""
_DEGREE: Final = re.compile(r"\d|\b(?:first|second|third|degree|deg|agg|aggr|aggravated|habitual|subsequent)\b")


def after_words(scheme: Scheme, text: str) -> tuple[tuple[str, ...], str]:
    """What the words before the first number say, and the text from there on with the names of its law; no text
    where these words leave in doubt which offense is meant."""
    if count := _COUNT.match(text):
        text = text[count.end() :]
    first = re.search(r"\d", _masked(scheme, text, small=not _is_titled(scheme)))
    if not first:
        return (), ""
    if re.match(r"\d{1,2}(?!\d)", text[first.start() :]) and scheme.name == "CA-VC":
        return (), ""  # SPEED 31: no section of the words' own
    number = start = max(text.rfind(sign, 0, first.start()) for sign in " (/,:;=#*|-") + 1
    while (name := LAST_NAME.search(text, 0, start)) and is_name(scheme, name[1]):
        start = name.start(1)
    before, rest = text[:start].rstrip(), text[number:]
    if before.endswith("("):
        before, rest = before[:-1], _without_closing(rest)
    words = before.strip(" /,:;*|=#(-.")
    if all(is_name(scheme, word) for word in words.split()):
        return (), rest
    if (
        not re.search(r"[a-z]{3}|[a-z]{2} [a-z]{2}", words)
        or _OF_COURT.search(words)
        or _OF_A_RECORD.search(text[:number])
    ):
        return (), ""
    if not are_words(scheme, words) or _ends_with_a_law(text[:start], text[start:number]):
        return (), ""
    attempt = (AN_ATTEMPT,) if _ATTEMPTED.search(words) else ()
    return (*attempt, f"{THE_WORDS}{words}"), rest


def _ends_with_a_law(before: str, names: str) -> bool:
    """Whether the words before a code may name another law: `names` are those of its own."""
    own = set(re.findall(r"[a-z]+", names))
    if own and own.issubset(_LAWS):  # GOV CODE 12500
        return True
    last = re.search(r"([a-z]+) ?$", before)
    return not own and last is not None and len(last[1]) <= 4 and not _is_known(last[1])


def _is_known(word: str) -> bool:
    return _is_plain(word) or bool(_SHORT_WORDS.fullmatch(word))


def names_another_law(scheme: Scheme, text: str) -> bool:
    """Whether a text is of another book of laws than the scheme, which can have a section of this number."""
    return scheme.shape != "code" and bool(
        _ANOTHER_BOOK.search(text) or (scheme.name == "PA-VC" and _CRIMES_CODE.search(text))
    )


def are_words(scheme: Scheme, text: str) -> bool:
    """Whether a text names no other offense and no other law."""
    return not _ANOTHER_OFFENSE.search(text) and (scheme.shape == "code" or not _ANOTHER_LAW.search(text))


def holds_a_number(scheme: Scheme, text: str) -> bool:
    """Whether words hold a number that can be a code."""
    return bool(re.search(r"\d", _masked(scheme, text, small=True)))


def is_name(scheme: Scheme, word: str) -> bool:
    """Whether a word names the law of a scheme, or begins a section."""
    return word[0] == "§" or word in words_of(scheme)


def speak_of_more(words: Iterable[str], *, of_a_lost_license: bool) -> bool:
    """Whether what stands beside a minor offense can say another one: what is not all in plain words of traffic
    is not taken for harmless. `of_a_lost_license`: the offense is to drive all the same."""
    text = _TO_ENDANGER.sub("", "; ".join(words))
    if of_a_lost_license:
        text = _LICENSE_LOST.sub(" ", text)
    return bool(
        never_minor(text, "") or _TOGETHER.search(text) or not all(map(_is_plain, re.findall(r"[a-z]+", text)))
    )


@cache
def _plain_words() -> frozenset[str]:
    """Words of ordinary traffic offenses, and their beginnings from six letters on, as jails cut them off."""
    words = files(__package__).joinpath("plain-words.txt").read_text("utf-8").split()
    whole = [word for word in words if not _NEVER_CUT.match(word)]
    return frozenset(words) | {word[:end] for word in whole for end in range(6, len(word))}


def _is_plain(word: str) -> bool:
    return word in _plain_words()


def speak_of_a_degree(words: Iterable[str]) -> bool:
    """Whether what stands beside a section can name one of the offenses in it."""
    return any(_DEGREE.search(text) or _LICENSE_LOST.search(text) for text in words)


def _masked(scheme: Scheme, text: str, *, small: bool) -> str:
    """The text with blanks for numbers that are no code."""
    sections = _SECTIONS_SO_SMALL.get(scheme.name)

    def blank(found: re.Match[str]) -> str:
        is_section = sections and sections.fullmatch(found[0])
        return found[0] if is_section else " " * len(found[0])

    def blank_alone(found: re.Match[str]) -> str:
        before = text[: found.start()]
        return found[0] if before[-1] in " #" and _AFTER_A_CODE.search(before) else blank(found)

    for numbers in (_NO_CODE,) if "/" in scheme.shape else (_NO_CODE, _SPEEDS):
        text = numbers.sub(blank, text)
    return _SMALL.sub(blank_alone, text) if small else text


def _is_titled(scheme: Scheme) -> bool:
    """Whether a small number that stands alone can be the title or chapter of a citation."""
    return "/" in scheme.shape or scheme.name in ("DC-CODE", "DC-DCMR", "OK-ST", "PA-18", "PA-VC")


def _without_closing(text: str) -> str:
    """The text without the parenthesis that closes the one before it."""
    depth = 0
    for at, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if depth < 0:
            return f"{text[:at]} {text[at + 1 :]}"
    return text
