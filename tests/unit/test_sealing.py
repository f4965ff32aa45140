"""The codec: what it seals, what it opens, and how it marks what does not open."""

import base64
import zlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

from conviction_gate.config.settings import Settings
from conviction_gate.contracts.encrypted_payloads import REFUSAL, CannotDecrypt, refusal_of
from conviction_gate.encryption.codec import OPENED_MOST, SealingCodec, converter, sealing_converter
from conviction_gate.encryption.converter import data_converter
from conviction_gate.encryption.keys import Keyring, read_keyring

K1, K2 = (base64.b64encode(bytes([n] * 32)).decode() for n in (1, 2))
PLAIN = Payload(metadata={"encoding": b"json/plain"}, data=b'{"docket_number": "DN-1"}')
NULLS = [
    Payload(metadata={"encoding": b"binary/null"}),
    Payload(metadata={"encoding": b"json/plain"}, data=b"null"),
]


def ring(*keys: str) -> Keyring:
    return read_keyring(Settings(keyring=" ".join(keys)))


def codec(*keys: str, namespace: str = "default", **options: Any) -> SealingCodec:
    return SealingCodec(ring(*(keys or (f"k1={K1}",))), namespace, **options)


def told(payload: Payload) -> str:
    reason = refusal_of(payload.metadata)
    assert reason is not None
    assert len(reason) <= 300
    return reason


def test_what_is_sealed_opens_and_shows_nothing() -> None:
    [sealed] = codec().seal([PLAIN])
    assert b"DN-1" not in sealed.SerializeToString()
    assert dict(sealed.metadata) == {"encoding": b"binary/encrypted", "encryption-key-id": b"k1"}
    assert codec().unseal([sealed]) == [PLAIN]


def test_no_two_are_sealed_alike() -> None:
    assert len({sealed.data for sealed in codec().seal([PLAIN] * 100)}) == 100


def test_the_layout_that_senders_rely_on() -> None:
    """docs/senders.md: nonce of 12 bytes, ciphertext, tag of 16 bytes; the namespace is the associated data."""
    assert codec().unseal([sealed_by_hand(PLAIN)]) == [PLAIN]


def sealed_by_hand(payload: Payload) -> Payload:
    data = bytes(12) + AESGCM(bytes([1] * 32)).encrypt(bytes(12), payload.SerializeToString(), b"default")
    return Payload(metadata={"encoding": b"binary/encrypted", "encryption-key-id": b"k1"}, data=data)


def test_what_is_long_is_deflated_before_it_is_sealed() -> None:
    long = Payload(metadata=PLAIN.metadata, data=PLAIN.data * 100)
    [sealed] = codec().seal([long])
    assert len(sealed.data) < 200
    assert codec().unseal([sealed]) == [long]


@pytest.mark.parametrize(
    "data",
    [b"no zlib", zlib.compress(PLAIN.SerializeToString())[:-4], zlib.compress(bytes(OPENED_MOST + 1))],
    ids=["another format", "cut off", "too long"],
)
def test_what_does_not_inflate_is_marked(data: bytes) -> None:
    [handed_on] = codec().unseal([sealed_by_hand(Payload(metadata={"encoding": b"binary/zlib"}, data=data))])
    assert "does not open" in told(handed_on)


def test_what_an_old_key_sealed_opens_after_rotation() -> None:
    [old] = codec(f"k1={K1}").seal([PLAIN])
    rotated = codec(f"k2={K2}", f"k1={K1}")
    [new] = rotated.seal([PLAIN])
    assert new.metadata["encryption-key-id"] == b"k2"
    assert rotated.unseal([old, new]) == [PLAIN, PLAIN]


def test_a_key_that_is_not_here_is_named() -> None:
    [sealed] = codec(f"k2={K2}").seal([PLAIN])
    [handed_on] = codec().unseal([sealed])
    assert handed_on.data == sealed.data
    assert told(handed_on) == (
        "the payload is sealed with the key 'k2', which is not here; "
        "add that key, or seal it with 'k1' and send it again"
    )


def changed(payload: Payload, data: bytes) -> Payload:
    return Payload(metadata=payload.metadata, data=data)


def test_what_was_changed_or_is_of_another_namespace_is_told() -> None:
    [sealed] = codec().seal([PLAIN])
    [elsewhere] = codec(namespace="elsewhere").seal([PLAIN])
    [other_key] = codec(f"k1={K2}").seal([PLAIN])
    flipped = changed(sealed, sealed.data[:-1] + bytes([sealed.data[-1] ^ 1]))
    for spoilt in (elsewhere, other_key, flipped, *(changed(sealed, sealed.data[:n]) for n in (0, 5, 12, 20))):
        [handed_on] = codec().unseal([spoilt])
        assert "does not open with the key 'k1': it was changed, or" in told(handed_on)


def test_a_strangers_key_id_is_quoted_and_cut_short() -> None:
    strange = Payload(metadata={"encoding": b"binary/encrypted", "encryption-key-id": b"\xff\n" * 500})
    assert "key '\ufffd?\ufffd?" in told(codec().unseal([strange])[0])


def test_what_is_not_sealed_is_read_or_refused() -> None:
    assert codec().unseal([PLAIN, *NULLS]) == [PLAIN, *NULLS]
    [refused, *nulls] = codec(takes_plaintext=False).unseal([PLAIN, *NULLS])
    assert told(refused).startswith("the payload is not sealed; seal it as docs/senders.md tells")
    assert nulls == NULLS


@pytest.mark.parametrize("mark", [b"", b"send it to me instead"])
def test_only_the_codec_marks(mark: bytes) -> None:
    marked = Payload(metadata=dict(PLAIN.metadata) | {REFUSAL: mark}, data=PLAIN.data)
    [sealed] = codec().seal([marked])
    assert codec().unseal([marked, sealed, sealed_by_hand(marked)]) == [PLAIN] * 3
    sealed.metadata[REFUSAL] = mark
    assert codec().unseal([sealed]) == [PLAIN]
    assert "which is not here" in told(codec(f"k2={K2}").unseal([sealed])[0])


def test_a_mark_that_says_nothing_hides_no_seal() -> None:
    """Where encryption is off no codec looks, and what is sealed and not refused would stop its case."""
    [sealed] = codec().seal([PLAIN])
    sealed.metadata[REFUSAL] = b""
    assert "encryption is off here" in told(sealed)


def test_what_must_be_read_is_told_to_who_has_the_keys() -> None:
    [sealed] = codec(f"k2={K2}").seal([PLAIN])
    [marked] = codec().unseal([sealed])
    assert str(CannotDecrypt(marked.metadata)) == (
        "the payload is sealed with the key 'k2', which is not here, or not the same; bring that key back "
        "(`conviction-gate keys list` shows which are here)"
    )
    assert str(CannotDecrypt(sealed.metadata)) == (
        "the payload is sealed with the key 'k2', and encryption is off here; turn it on, with that key"
    )


async def test_untyped_it_is_handed_on_and_typed_it_is_an_error() -> None:
    sealed = await sealing_converter(codec(f"k2={K2}")).encode([{"a": 1}])
    for ours, reason in ((sealing_converter(codec()), "key 'k2', which is not here"), (data_converter, "'k2'")):
        [value] = await ours.decode(sealed)
        assert isinstance(value, RawValue)
        [asked_for_raw] = await ours.decode(sealed, [RawValue])
        assert isinstance(asked_for_raw, RawValue)
        with pytest.raises(CannotDecrypt, match=reason):
            await ours.decode(sealed, [dict])


async def test_refused_plaintext_is_still_read_where_a_type_is_asked() -> None:
    """Results from before the setting: the house's own, and not a sender's."""
    strict = sealing_converter(codec(takes_plaintext=False))
    plain = await data_converter.encode([{"a": 1}])
    assert await strict.decode(plain, [dict[str, int]]) == [{"a": 1}]
    assert isinstance((await strict.decode(plain))[0], RawValue)


async def test_failures_are_sealed() -> None:
    ours, failure = sealing_converter(codec()), Failure()
    await ours.encode_failure(ApplicationError("about DN-1", {"number": "DN-2"}), failure)
    assert b"DN-" not in failure.SerializeToString()
    error = await ours.decode_failure(failure)
    assert "about DN-1" in str(error)


def test_the_settings_turn_it_off() -> None:
    assert converter(Settings(encryption="off"), "default") is data_converter
    assert converter(Settings(encryption="on", keyring=f"k1={K1}"), "default").payload_codec is not None
