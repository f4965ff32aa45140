"""How many years of school a text asks of its reader: the Flesch-Kincaid grade.

Ours, because the library for it brings a corpus that it loads at run time. Syllables are counted by groups
of vowels. What is quoted, set as code or holds a digit is somebody else's word and counts as a short one.
"""

import re

_QUOTED = re.compile(r'"[^"]*"|`[^`]*`|\S*[0-9]\S*')
_SENTENCE_ENDS = re.compile(r"[.?!]+(?:\s|$)|\n\s*\n|\n\s*[-|#]")
_VOWELS = re.compile(r"[aeiouy]+")
_SILENT = re.compile(r"(?:[^aeiouyl]|[aeiouy]l)e$|[^aeiouytd]ed$|(?<![aeiouy])[^aeiouycgsxzh]es$")


def grade(text: str) -> float:
    """The school grade of a text."""
    prose = _QUOTED.sub(" it ", text)
    sentences = [part for part in _SENTENCE_ENDS.split(prose) if re.search("[A-Za-z]", part)]
    words = re.findall(r"[A-Za-z']+", prose)
    syllables = sum(map(_syllables, words))
    return 0.39 * len(words) / len(sentences) + 11.8 * syllables / len(words) - 15.59


def _syllables(word: str) -> int:
    word = word.lower().replace("'", "")
    return max(1, len(_VOWELS.findall(word)) - bool(_SILENT.search(word)))
