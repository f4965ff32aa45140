"""The words beside a code, as in NO LICENSE (M2) 322.03: what they may say, and what leaves the code open."""

import re
from collections.abc import Iterable
from typing import Final

from conviction_gate.policy.catalog.schemes import Scheme, words_of

AN_ATTEMPT: Final = "an attempt"
LAST_NAME: Final = re.compile(r"(?:^|(?<=[ (/,:;=#-]))(§+|\d+|[a-z]+)[ .,:;/=#§-]*$")
"""The last word of a text."""

# Numbers that are no code: a limit, an age, a count, a level, the alcohol in the blood.
_NO_CODE: Final = re.compile(
    r"(?<![\d.])0?\.\d{2,3}(?![\d.])"
    r"|(?<![\d.])\d{1,3}(?= ?(?:%|\+|mph\b|yrs?\b|years?\b|days?\b|st\b|nd\b|rd\b|th\b|or more|or less))"
    r"|(?<![\d.])\d{1,2}(?= ?(?:cts?|counts?|x)\b)|(?<=\bx)\d{1,2}\b"
    r"|(?<![\d.])\d{1,2} ?[-/] ?\d{1,2}(?= ?mph\b| (?:over|above)\b(?! ?[.$\d]))"
    r"|(?<=\bspeeding )\d{2,3}(?:/| in )\d{2}(?![\d-])"
    r"|(?<=\bover )\d{1,2}(?![\d.(-])|(?<=\bunder )\d{1,2}(?![\d.(-])"
    r"|\$ ?\d[\d,]*(?![\d.])|(?<![a-z0-9.])(?:[mf]-?[1-9]t?|[1-4][mf])(?![a-z0-9.(])"
)
# So are these, but where they can be a title or chapter, as in 21 Del. C. 4177.
_SMALL: Final = re.compile(
    r"(?<![§(,;&] )(?<!and )(?<!\d-)(?<=[ #])\d{1,2}(?=[ ,;]|-[a-z]{3}|$)|(?<=[a-z][-/])\d(?![\d.:/(-])"
)
_SECTIONS_SO_SMALL: Final = {"CA-VC": re.compile(r"\b(?:20|27|31)\b")}
_COUNT: Final = re.compile(r"(?:ct|cnt|count|chg|charge) ?#?\d{1,2}[ .:)/-]+(?=.*\d)")
_ATTEMPTED: Final = re.compile(r"\batt(?:empt(?:ed)?)?\b")
_OF_COURT: Final = re.compile(
    r"\b(?:fta|ftc|ftp|ftapp|fail\w* to (?:app\w*|comply|pay)|bench|warrants?|warr|wrr?nt|wt|capias|prob"
    r"|probation|vop|parole|contempt|of court|hold|bail|bond|detainer|fugitive|attachment|show cause"
    r"|revocation)\b"
)
_OF_A_RECORD: Final = re.compile(r"\b(?:docket|case|cause|incident|report|citation|cit|ticket|no|number)\W*$")
_ANOTHER_OFFENSE: Final = re.compile(r"consp|solicit|accessor|abet|§")
_LAWS: Final = frozenset(
    ("code", "codes", "law", "laws", "st", "stat", "stats", "statute", "statutes", "title")
)
_ANOTHER_LAW: Final = re.compile(
    r"\b(?:code|laws?|statutes?|penal|pen|health|business|welf|welfare|ord|ordinance|muni?|municipal|city|county|cfr|usc"
    r"|pc|cpc|hs|hsc|bp|bpc|ccr|prc|crimes)\b|\b(?:h ?[&/] ?s|b ?[&/] ?p|w ?[&/] ?i)\b"
)
# Before a code a short word can be the name of another law, as in ECL 1212; these are none.
_SHORT_WORDS: Final = re.compile(
    r"a|acc|aggr|alc|and|belt|bus|by|car|dl|dr|drug|dui|duii|dus|dwi|dwls|fail|flee|for|from|hit|in|ins"
    r"|insp|lamp|lane|lic|lics|light|mc|mv|mvr|no|of|ol|on|op|or|oui|over|ovi|owi|park|pass|plate|psgr|ran"
    r"|red|reg|regs|rest|road|run|sign|snow|spd|stop|susp|tag|tags|test|the|tire|to|turn|u|ul|unl|use|veh"
    r"|vehs|via|way|with|work|yld|zone"
)
_GRAVE: Final = re.compile(
    r"\b(?:d[uw]i+|dwai|dwui|o[uwv]i+|ouil|owvi|bui|bac|infl|lsa|l/s|sbi|gbi|hom|gun|ccw|ucw|cds)\b"
    r"|drunk|drink|intox|inebriat|alcohol|liquor|impair|under (?:the )?influence|sobriety|narcot|\bdrug|marij"
    r"|cannabis|controlled sub|cocaine|heroin|\bmeth|phys(?:ical)? control|wet reckless"
    r"|\brefus\w*(?: \w+){0,2} (?:test|chem|breath|bac|submit)|\brefusal\b"
    r"|\bscene\b|\bhit\W*(?:and|n|&)?\W*(?:run|skip)\b|\bleav\w* (?:the )?(?:acc|crash|scene)|\brender\b"
    r"|\bflee|\bfled\b|\belud|pursuit|\bresist"
    r"|\bevad\w*(?! (?:the )?(?:traffic|signal|sign|light|toll|fare|reg|tax|control))"
    r"|\bracing\b|\brace\b|speed contest|(?<!no )(?<!non-)(?<!non )(?<!without )(?<!w/o )injur|bodily"
    r"|\bharm|\bdeath\b|\bkill|fatal|homicid|\bmansl|weapon|firearm|\bknife|assault|asslt|batter|theft|robber"
    r"|burgl|arson|murder|larcen|stolen|steal|menac|strang|stalk|forger|fals[ei]|mischief|unlawful restraint"
    r"|catastrophe|reck\w* endanger|kidnap|loaded|shuriken|threat|\bopen carry"
)
_DRUNK: Final = r"(?:d[uw]i+|dwai|o[uwv]i+|bac|refusal|alcohol\w*|drunk\w*|intox\w*|drug\w*)"
_LICENSE_LOST: Final = re.compile(
    rf"\b(?:susp|rev(?:o|\b)|restr|interlock)\w*[ :/-]*"
    rf"(?:(?:etc|lic\w*|priv\w*|for|due to|prior|on|a|after|dl)[ :/-]*)*{_DRUNK}"
    rf"|{_DRUNK}(?:[ -]?rel(?:ated)?)?[ -](?:susp|revo|restr|interlock)\w*"
)
"""A license that was suspended for drunk driving: that is not drunk driving."""
_DEGREE: Final = re.compile(r"\d|\b(?:first|second|third|degree|deg|agg|aggr|aggravated|habitual|subsequent)\b")


def after_words(scheme: Scheme, text: str) -> tuple[tuple[str, ...], str]:
    """What the words before the first number say, and the text from there on with the names of its law; no text
    where these words leave in doubt which offense is meant."""
    if count := _COUNT.match(text):
        text = text[count.end() :]
        if not re.match(r"[a-z(]", text):
            return (), text
    first = re.search(r"\d", _masked(text, small=not _is_titled(scheme)))
    if not first:
        return (), ""
    number = start = max(text.rfind(sign, 0, first.start()) for sign in " (/,:;=#*|-") + 1
    while start and (name := LAST_NAME.search(text, 0, start)) and is_name(scheme, name[1]):
        start = name.start(1)
    before, rest = text[:start].rstrip(), text[start or number :]
    if before.endswith("("):
        before, rest = before[:-1], _without_closing(rest)
    words = before.strip(" /,:;*|=#(-.")
    if all(is_name(scheme, word) for word in words.split()):
        return (), rest if number else ""
    if not re.search(r"[a-z]{3}", words) or _OF_COURT.search(words) or _OF_A_RECORD.search(text[:number]):
        return (), ""
    if not are_words(scheme, words) or _ends_with_a_law(text[:start], text[start:number]):
        return (), ""
    attempt = (AN_ATTEMPT,) if _ATTEMPTED.search(words) else ()
    return (*attempt, f"the words {words}"), rest


def _ends_with_a_law(before: str, names: str) -> bool:
    """Whether the words before a code may name another law: `names` are those of its own."""
    own = set(re.findall(r"[a-z]+", names))
    if own and own <= _LAWS:  # GOV CODE 12500
        return True
    last = re.search(r"([a-z]+) ?$", before)
    return not own and last is not None and len(last[1]) <= 4 and not _SHORT_WORDS.fullmatch(last[1])


def are_words(scheme: Scheme, text: str) -> bool:
    """Whether a text names no other offense and no other law."""
    return not _ANOTHER_OFFENSE.search(text) and (scheme.shape == "code" or not _ANOTHER_LAW.search(text))


def holds_a_number(scheme: Scheme, text: str) -> bool:
    """Whether words hold a number that can be a code."""
    small = _SECTIONS_SO_SMALL.get(scheme.name)
    return bool(re.search(r"\d", _masked(text, small=not (small and small.search(text)))))


def is_name(scheme: Scheme, word: str) -> bool:
    """Whether a word names the law of a scheme, or begins a section."""
    return word[0] == "§" or word in words_of(scheme)


def speak_of_more(words: Iterable[str]) -> bool:
    """Whether what stands beside a minor offense says another one, as hit and run does, or a court's order."""
    text = _LICENSE_LOST.sub("", "; ".join(words))
    return bool(_GRAVE.search(text) or _OF_COURT.search(text))


def speak_of_a_degree(words: Iterable[str]) -> bool:
    """Whether what stands beside a section can name one of the offenses in it."""
    return any(_DEGREE.search(text) or _LICENSE_LOST.search(text) for text in words)


def _masked(text: str, *, small: bool) -> str:
    """The text with blanks for numbers that are no code."""
    for numbers in (_NO_CODE, _SMALL) if small else (_NO_CODE,):
        text = numbers.sub(lambda found: " " * len(found[0]), text)
    return text


def _is_titled(scheme: Scheme) -> bool:
    """Whether a small number that stands alone can be the title or chapter of a citation."""
    return "/" in scheme.shape or scheme.name in ("AK-AAC", "DC-CODE", "DC-DCMR", "OK-ST", "PA-18", "PA-VC")


def _without_closing(text: str) -> str:
    """The text without the parenthesis that closes the one before it."""
    depth = 0
    for at, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if depth < 0:
            return f"{text[:at]} {text[at + 1 :]}"
    return text
