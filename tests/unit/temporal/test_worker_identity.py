"""What a worker polls as says which keys and lists it has, and neither keys nor names."""

from pathlib import Path
from typing import Any

import pytest

from conviction_gate.config.settings import Settings
from conviction_gate.encryption.keys import make_key
from conviction_gate.temporal.worker_identity import differing_parts, worker_identity


def identity(data: Path, **settings: Any) -> str:
    return worker_identity(Settings(data=data, encryption="on", **settings))


def keys_of(folder: Path) -> Path:
    make_key(folder / "keys", "k1")
    return folder


def test_the_same_keys_and_lists_are_the_same(tmp_path: Path) -> None:
    data = keys_of(tmp_path)
    first, second = (identity(data, reviewers=ids) for ids in ("r-7,r-9", "r-9,r-7"))
    assert first == second
    assert "r-7" not in first
    assert differing_parts({first, second, "1@somebody"}) == {}


def test_another_key_under_the_same_id_differs(tmp_path: Path) -> None:
    found = differing_parts({"a" + identity(keys_of(tmp_path / name)) for name in ("one", "two")})
    assert found.keys() == {"keys"}


@pytest.mark.parametrize(
    "settings",
    [
        {"reviewers": "r-7"},
        {"withdrawers": "r-7"},
        {"reopeners": "r-7"},
        {"plaintext": "refuse"},
        {"agencies": {"CA": {"docket_check_every": "30d"}}},
    ],
)
def test_another_list_differs(settings: dict[str, Any], tmp_path: Path) -> None:
    data = keys_of(tmp_path)
    assert differing_parts({identity(data), identity(data, **settings)}).keys() == {"lists"}


def test_the_content_of_a_file_of_codes_counts(tmp_path: Path) -> None:
    data, codes = keys_of(tmp_path), tmp_path / "county.csv"
    seen = set()
    for content in ("scheme,code", "scheme,code,"):
        codes.write_text(content)
        seen.add(identity(data, agencies={"CA": {"catalog": str(codes)}}))
    assert differing_parts(seen).keys() == {"lists"}


def test_without_encryption_there_are_no_keys_to_compare(tmp_path: Path) -> None:
    off = {worker_identity(Settings(data=tmp_path / name, encryption="off")) for name in ("one", "two")}
    assert len(off) == 1
