"""The objects of a file, whichever of its forms it has."""

import json
from io import BytesIO

import pytest

from conviction_gate.client.bulk.items import MAX_LINE_BYTES, MAX_WHOLE_FILE_BYTES, items_in
from conviction_gate.client.bulk.reading import read_history
from conviction_gate.contracts.reading import DoesNotFit
from tests.support.messages import (
    BOOKING,
    CONVICTION,
)


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (b"", []),
        (b"[]", []),
        (b"\xef\xbb\xbf" + json.dumps(CONVICTION, indent=2).encode(), ["line 1"]),
        (json.dumps([CONVICTION, CONVICTION], indent=2).encode(), ["item 1", "item 2"]),
        (b'{"a": 1}\n\n{"b": "\xe2\x80\xa8"}\r\n', ["line 1", "line 3"]),
        (b'{"a": 1}\n{"b": \n{"c": 3}', ["line 1", "line 2", "line 3"]),
        (b'{"b": \n{"c": 3}', ["line 1", "line 2"]),
        (json.dumps(BOOKING, indent=2).encode()[:-2], ["line 23"]),
        (b'{\n  "a": [\n    {"b": 1}\n  ]\n  "c": 1\n}', ["line 5"]),
        (b"nonsense", ["line 1"]),
        (b"[" * 100_000, ["line 1"]),
    ],
)
def test_a_file_is_read_in_each_of_its_forms(data: bytes, where: list[str]) -> None:
    items = [*items_in(BytesIO(data))]
    assert [item.where for item in items] == where
    assert all(0 < item.end <= len(data) for item in items)


def test_lines_are_kept_as_they_stand_and_an_array_one_by_one() -> None:
    lines = [b'{"a":  1}\r', b" \xff", b"", b'{"b": 2}']
    assert [item.text for item in items_in(BytesIO(b"\n".join(lines)))] == [lines[0], lines[1], lines[3]]
    assert [item.text for item in items_in(BytesIO(b'[{"a":  1},\n 2]'))] == [b'{"a": 1}', b"2"]


def test_a_line_that_is_too_long_is_not_held() -> None:
    long = b'{"a": "' + b"x" * 3 * MAX_LINE_BYTES + b'"}'
    for before in (b"", b'{"a": 1}\n'):
        *_, item, last = items_in(BytesIO(before + long + b'\n{"b": 2}\n'))
        assert (item.text, last.text) == (b"", b'{"b": 2}')
        with pytest.raises(DoesNotFit, match="longer than 1 MiB"):
            item.read(read_history)
    (item,) = items_in(BytesIO(b"[" + b" " * MAX_WHOLE_FILE_BYTES))
    with pytest.raises(DoesNotFit, match="one object a line"):
        item.read(read_history)


def test_lines_are_read_as_they_come() -> None:
    class Pipe(BytesIO):
        def readline(self, size: int | None = -1, /) -> bytes:
            assert line, "read ahead"
            return line.pop()

    line = [b'{"a": 1}\n']
    assert next(items_in(Pipe())).where == "line 1"
