"""The commands `callers …`: what they print, and what an error names."""

from pathlib import Path

import pytest

from conviction_gate.cli.command_line import app
from conviction_gate.door.callers import hashed, read_callers


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        app(["callers", *words])
    printed = capsys.readouterr()
    return int(ended.value.code or 0), printed.out, printed.err


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "callers.toml"
    monkeypatch.setenv("CONVICTION_GATE_CALLERS", str(path))
    return path


def test_a_key_is_printed_once_and_its_hash_is_for_the_file(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, key, said = run(capsys, "new", "county-jms")
    assert (code, hashed(key.strip()) in said, file.exists()) == (0, True, False)


def test_a_caller_with_rights_is_in_the_file(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, key, said = run(capsys, "new", "jail", "--may", "booking", "--agency", "CA019")
    assert (code, str(file) in said) == (0, True)
    assert read_callers(file).caller["jail"].key == (hashed(key.strip()).removeprefix("sha256:"),)
    code, listed, _ = run(capsys, "list")
    assert (code, listed) == (0, "jail\tkey\tCA019\tbooking\t600\n")
    code, checked, _ = run(capsys, "check")
    assert (code, checked) == (0, f"{file} fits: 1 caller\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("new", "a b", "--may", "booking", "--agency", "CA"), "NAME: use up to 64 letters"),
        (("new", "jail", "--may", "confess", "--agency", "CA"), "--may: not a right"),
        (("new", "jail", "--may", "booking", "--agency", "ca"), "--agency: not the beginning of an ORI"),
        (("list",), "CONVICTION_GATE_CALLERS: "),
        (("check", "nowhere.toml"), "nowhere.toml cannot be read"),
    ],
)
def test_what_does_not_fit_is_named(
    file: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    code, _, error = run(capsys, *words)
    assert (code, said in error) == (2, True), error
    assert not file.exists()


def test_a_name_is_taken_once(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("new", "jail", "--may", "booking", "--agency", "CA")
    assert run(capsys, *words)[0] == 0
    code, _, said = run(capsys, *words)
    assert (code, "NAME: the file has jail already" in said) == (2, True)
