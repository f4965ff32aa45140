"""Mutants that nothing can notice, by module, each with the reason."""

from typing import Final

QUICKER: Final = "only quicker: without it the same is worked out the long way"
ON_NO_CHARGE: Final = "given beside the offense only where that is no charge, which has none of its own"

IN_DOUBT_ANYWAY: Final = "a conviction that matters and a dismissal of one day are in doubt anyway"
SAME_TYPE: Final = "messages of the same content are of the same type, so that one check is enough"

ALL_WAYS: Final = "every way to read a text is tried, so that the order is of no matter"
NO_SIGN_AT_THE_END: Final = "a subdivision never ends with a blank or a dash"

IS_KNOWN: Final = "asked only where the history is known"

SURVIVORS: Final[dict[str, dict[str, str]]] = {
    "record": {
        "CriminalRecord._priority_doubt: priority.kind == _WARRANT and self._warrant(priority) == 'unclear' -> "
        "self._warrant(priority) == 'unclear'": "any other kind with a record id has flagged before (rule 6)",
        "CriminalRecord._unclear_priorities: self._facts.history.priorities if self._facts.history else () -> "
        "self._facts.history.priorities if True else ()": IS_KNOWN,
        "CriminalRecord._unclear_records: self._facts.history.records if self._facts.history else () -> "
        "self._facts.history.records if True else ()": IS_KNOWN,
        "CriminalRecord.is_disputed: history.records or history.priorities or history.too_large or "
        "self._says_us_citizen -> history.records or history.priorities or self._says_us_citizen": (
            "a record that is too large is left to a person anyway"
        ),
    },
    "counting": {
        "CountedMessages.__init__: self._answers() if facts.rulings else {} "
        "-> self._answers() if True else {}": QUICKER,
        "CountedMessages._counted: if not facts.corrections and (not facts.reopenings) -> if False": QUICKER,
        "CountedMessages._is_copy: isinstance(message, CourtMessage) and isinstance(other, CourtMessage) -> "
        "isinstance(message, CourtMessage)": SAME_TYPE,
        "CountedMessages._is_copy: isinstance(message, CourtMessage) and isinstance(other, CourtMessage) -> "
        "isinstance(other, CourtMessage)": SAME_TYPE,
        "CountedMessages.counts: not self._set_aside or digest([content_key(message)]) not in self._set_aside "
        "-> digest([content_key(message)]) not in self._set_aside": QUICKER,
        "CountedMessages.undone_by: if not facts.corrections -> if False": QUICKER,
    },
    "classification": {
        "Classifier.classify: injury or offense.resulted_in_injury is True -> offense.resulted_in_injury "
        "is True": ON_NO_CHARGE,
        "Classifier.classify: if not self._answers -> if False": QUICKER,
    },
    "filings": {
        "filings_by_charge: if len(versions) > 1 -> if True": QUICKER,
        "filings_by_charge: len(versions) > 1 -> len(versions) >= 1": QUICKER,
        "filings_by_charge: if len(versions) > 1 and any((version.classification.is_serious for version in "
        "versions)) -> if True": QUICKER,
        "filings_by_charge: len(versions) > 1 -> len(versions) >= 1 #2": QUICKER,
        "filings_by_charge: len(versions) > 1 and any((version.classification.is_serious for version in "
        "versions)) -> any((version.classification.is_serious for version in versions))": QUICKER,
        "filings_by_charge: len(versions) > 1 and any((version.classification.is_serious for version in "
        "versions)) -> len(versions) > 1": QUICKER,
    },
    "endings": {
        "Docket.joined_with: if not other.dispositions and (not other.entries) -> if False": QUICKER,
        "_CourtRecord.__init__: if final and docket.entries -> if True": QUICKER,
        "_CourtRecord.__init__: final and docket.entries -> docket.entries": QUICKER,
        "_CourtRecord.__init__: final and docket.entries -> final": QUICKER,
        "_CourtRecord.__init__: len(final) > 1 -> len(final) >= 1": QUICKER,
        "_CourtRecord.__init__: if len(final) > 1 -> if True #2": QUICKER,
        "_CourtRecord.__init__: len(final) > 1 -> len(final) >= 1 #2": QUICKER,
        "_CourtRecord.__init__: isinstance(message, Conviction) and message.decided_on < last and "
        "self._matters(message) -> isinstance(message, Conviction) and self._matters(message)": IN_DOUBT_ANYWAY,
        "_CourtRecord.__init__: message.decided_on < last -> message.decided_on <= last": IN_DOUBT_ANYWAY,
        "_CourtRecord._after_appeals: appeal and isinstance(message, Conviction) -> "
        "isinstance(message, Conviction)": QUICKER,
        "_CourtRecord.ending: if self._entries -> if True": QUICKER,
        "_CourtRecord.ending: self._in_doubt and any((conviction.key in self._in_doubt for conviction in "
        "convictions)) -> any((conviction.key in self._in_doubt for conviction in convictions))": QUICKER,
        "_CourtRecord._is_of_court_process: for m in self.final if isinstance(m, Conviction) -> "
        "for m in self.final": "asked only where all of them are convictions",
        "charge_state: bool(final) and (not refuted) and (ending is not Ending.UNCLEAR_DISPOSITION) -> "
        "not refuted and ending is not Ending.UNCLEAR_DISPOSITION": (
            "without a disposition there is no conviction to look up"
        ),
        "charge_state: answers.get((charge_id, evidence.about)) if answers else None "
        "-> answers.get((charge_id, evidence.about)) if True else None": QUICKER,
    },
    "catalog": {
        "_key: folded(named.name if named else scheme) or '' -> folded(named.name if named else scheme)": (
            "no table has the name None or an empty one"
        ),
    },
    "catalog.citation": {
        "_ways: min(untried, key=sorted) -> max(untried, key=sorted)": ALL_WAYS,
        "_plain: not text.replace('§', '').replace('½', '').isascii() or not text.isprintable() -> "
        "not text.replace('§', '').replace('½', '').isascii()": "no pattern takes a control character anyway",
        "_Text._is_literal: self._text[start - 1] == ')' and text[:1].isalpha() -> "
        "self._text[start - 1] == ')'": "what begins with a sign is words with a blank before it and without",
        "_Text._after_its_words: citations and self._is_literal(start, sign.start()) -> "
        "self._is_literal(start, sign.start())": "what follows no code is left over, and read by nothing",
        "_Text._subdivisions: before.end() if before else start -> before.end() if True else start": (
            "the sign between may be empty, so that it is always found"
        ),
        "_Text._subdivisions: at > start and text[at - 1] in ' -' and _LONE_LEVEL.match(text, at) and "
        "self._is_so('level') -> text[at - 1] in ' -' and _LONE_LEVEL.match(text, at) and "
        "self._is_so('level')": NO_SIGN_AT_THE_END,
        "_Text._subdivisions: at > start -> at >= start": NO_SIGN_AT_THE_END,
        "_Text._is_so: choice in self._way -> choice not in self._way": ALL_WAYS,
        "_is_later_letter: len(one) == len(other) == 1 and one.isalpha() and other.isalpha() and (one < other) "
        "and (other not in 'mf') -> len(one) == len(other) == 1 and one.isalpha() and (one < other) and (other "
        "not in 'mf')": "a digit sorts before every letter",
    },
    "catalog.table": {
        "Table.place: written or _is_so_written(code, placed) or all((found for _, found in placed)) -> "
        "_is_so_written(code, placed) or all((found for _, found in placed))": (
            "for a text of three readings of which one has no row: no code of the catalog has so many"
        ),
        "Table.place: any((AN_ATTEMPT in reading.besides for reading in read)) -> all((AN_ATTEMPT in "
        "reading.besides for reading in read))": "an attempt is read in every reading of a text or in none",
        "Table._is_contradicted: any((row.code.lower().endswith(f'-{one.suffix}') for row in rows)) -> "
        "all((row.code.lower().endswith(f'-{one.suffix}') for row in rows))": "a suffix has one row",
        "_weighs: row.charge_class == 'court_process' -> row.charge_class != 'court_process'": (
            "the weights have other names, and are as many"
        ),
        "Table._citation: if (citation := as_law_writes(self.scheme, code)) -> if False": QUICKER,
        "Table._row_of: suffix and (row := self._on(rows.get((*path, f'-{suffix}'), ()), on)) -> (row := "
        "self._on(rows.get((*path, f'-{suffix}'), ()), on))": QUICKER,
    },
    "catalog.rows": {
        "_entry: if not is_tested -> if True": QUICKER,
    },
    "catalog.schemes": {
        "scheme_named: folded(name) or '' -> folded(name)": "no scheme is named None",
        "schemes_near: folded(scheme) or scheme -> folded(scheme)": "what a catalog holds can be folded",
    },
    "rules.history": {
        "prior_conviction: matter.answer_to(record.question) if matter.facts.rulings else None "
        "-> matter.answer_to(record.question) if True else None": QUICKER,
    },
    "rules.court": {
        "no_conviction: not awaited or not all((charge.ending is Ending.NO_CONVICTION for charge in awaited)) "
        "-> not all((charge.ending is Ending.NO_CONVICTION for charge in awaited))": (
            "rule 4 asks where every charge is court process; kept, since nothing ended must never clear"
        ),
    },
}
