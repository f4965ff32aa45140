"""The file of callers: what fits, what an error says, and how a caller is added."""

from pathlib import Path

import pytest

from conviction_gate.config.settings import SettingsError
from conviction_gate.door.callers import add_entry, entry_of, hashed, new_key, parse_callers, read_callers

GOOD = f"""
[caller.jail]
key = "{hashed("cg_1")}"
agencies = ["CA019", "TX"]
may = ["booking"]
"""
TOKENS = """
[caller.supervisors]
issuer = "https://id.example.gov"
audience = "gate"
jwks = "https://id.example.gov/keys"
agencies = "*"
may = ["read", "review"]
"""


def test_a_caller_has_what_the_file_says() -> None:
    caller = parse_callers(GOOD).caller["jail"]
    assert (caller.name, caller.agencies, caller.may) == ("jail", ("CA019", "TX"), ("booking",))
    assert (caller.holds("booking"), caller.holds("read")) == (True, False)
    assert (caller.per_minute, caller.messages_per_case) == (600, 2000)
    assert parse_callers(TOKENS).caller["supervisors"].person_claim == "sub"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("caller = 3", "caller: not tables"),
        ("[caller.jail", "not TOML"),
        (GOOD.replace("caller.jail", 'caller."a:b"'), "caller.a:b: not a name"),
        (GOOD.replace("sha256:", ""), "caller.jail.key.0: not a hash"),
        (GOOD.replace('"booking"', '"confession"'), "caller.jail.may.0: not a right; write one of conviction"),
        (GOOD.replace('"booking"', '"review_decision"'), "caller.jail.may.0: not a right"),
        (GOOD.replace('"CA019"', '"C%"'), "caller.jail.agencies.0: not the beginning of an ORI"),
        (GOOD.replace("may =", "might ="), "caller.jail.might: unknown"),
        (GOOD.replace('["booking"]', "[]"), "caller.jail.may: empty"),
        (GOOD + "name = 'x'", "caller.jail.name: unknown"),
        (GOOD + "scope = 'x'", "caller.jail: scope: requires issuer"),
        (GOOD + "per_minute = 0", "caller.jail.per_minute"),
        (
            "\n".join(GOOD.split("\n")[:2] + GOOD.split("\n")[3:]),
            "caller.jail: has neither key, certificate nor",
        ),
        (TOKENS.replace('audience = "gate"', ""), "caller.supervisors: audience: missing"),
        (
            TOKENS.replace("https://id.example.gov/keys", "http://id.example.gov/keys"),
            "supervisors.jwks: not a",
        ),
        (TOKENS + f"key = '{hashed('1')}'", "caller.supervisors: has an issuer and a key"),
        (TOKENS + "person = 'r-7'", "caller.supervisors: person: a token names its person"),
        (GOOD + GOOD.replace("jail", "court"), "the key or certificate is the same in jail and court"),
        (TOKENS + TOKENS.replace("supervisors", "others"), "the issuer, audience and scope are the same"),
        ("proxies = ['here']\n" + GOOD, "proxies: not addresses"),
    ],
)
def test_a_file_that_does_not_fit_names_the_field(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=r"\S") as raised:
        parse_callers(text)
    assert said in str(raised.value)
    assert hashed("cg_1")[7:] not in str(raised.value)


def test_a_file_that_names_nobody_lets_nobody_call(tmp_path: Path) -> None:
    file = tmp_path / "callers.toml"
    with pytest.raises(SettingsError, match=r"CONVICTION_GATE_CALLERS: .* cannot be read \(No such file"):
        read_callers(file)
    file.write_text("proxies = []")
    with pytest.raises(
        SettingsError, match="names no caller; make one with `conviction-gate callers new NAME`"
    ):
        read_callers(file)


def test_a_caller_is_added_to_the_file(tmp_path: Path) -> None:
    file, key = tmp_path / "made" / "callers.toml", new_key()
    add_entry(file, entry_of("a.b", key, ["CA019"], ["booking", "read"], "r-7"))
    add_entry(file, entry_of("court", new_key(), ["*"], ["*"]))
    caller = read_callers(file).caller["a.b"]
    assert (f"sha256:{caller.key[0]}", caller.person) == (hashed(key), "r-7")
    assert file.stat().st_mode & 0o777 == 0o600
    assert key not in file.read_text()
    before = file.read_text()
    with pytest.raises(ValueError, match="not TOML"):
        add_entry(file, entry_of("court", new_key(), ["*"], ["*"]))
    assert file.read_text() == before


def test_keys_are_long_and_differ() -> None:
    keys = {new_key() for _ in range(10)}
    assert len(keys) == 10
    assert all(len(key) > 40 for key in keys)
