"""The codec: what it encrypts, what it decrypts, and how it marks what it cannot decrypt."""

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
from conviction_gate.encryption.codec import MAX_DECRYPTED, EncryptionCodec, converter_for, encrypting_converter
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


def codec(*keys: str, namespace: str = "default", **options: Any) -> EncryptionCodec:
    return EncryptionCodec(ring(*(keys or (f"k1={K1}",))), namespace, **options)


def error_of(payload: Payload) -> str:
    reason = refusal_of(payload.metadata)
    assert reason is not None
    assert len(reason) <= 300
    return reason


def test_encrypted_payloads_decrypt_and_show_nothing() -> None:
    [encrypted] = codec().encrypt([PLAIN])
    assert b"DN-1" not in encrypted.SerializeToString()
    assert dict(encrypted.metadata) == {"encoding": b"binary/encrypted", "encryption-key-id": b"k1"}
    assert codec().decrypt([encrypted]) == [PLAIN]


def test_no_two_payloads_are_encrypted_alike() -> None:
    assert len({encrypted.data for encrypted in codec().encrypt([PLAIN] * 100)}) == 100


def test_the_layout_that_senders_rely_on() -> None:
    """docs/senders.md: nonce of 12 bytes, ciphertext, tag of 16 bytes; the namespace is the associated data."""
    assert codec().decrypt([encrypted_by_hand(PLAIN)]) == [PLAIN]


def encrypted_by_hand(payload: Payload) -> Payload:
    data = bytes(12) + AESGCM(bytes([1] * 32)).encrypt(bytes(12), payload.SerializeToString(), b"default")
    return Payload(metadata={"encoding": b"binary/encrypted", "encryption-key-id": b"k1"}, data=data)


def test_long_payloads_are_deflated_before_encryption() -> None:
    long = Payload(metadata=PLAIN.metadata, data=PLAIN.data * 100)
    [encrypted] = codec().encrypt([long])
    assert len(encrypted.data) < 200
    assert codec().decrypt([encrypted]) == [long]


@pytest.mark.parametrize(
    "data",
    [b"no zlib", zlib.compress(PLAIN.SerializeToString())[:-4], zlib.compress(bytes(MAX_DECRYPTED + 1))],
    ids=["another format", "truncated", "too long"],
)
def test_what_does_not_inflate_is_marked(data: bytes) -> None:
    [passed_on] = codec().decrypt(
        [encrypted_by_hand(Payload(metadata={"encoding": b"binary/zlib"}, data=data))]
    )
    assert "cannot be decrypted" in error_of(passed_on)


def test_payloads_of_an_old_key_decrypt_after_rotation() -> None:
    [old] = codec(f"k1={K1}").encrypt([PLAIN])
    rotated = codec(f"k2={K2}", f"k1={K1}")
    [new] = rotated.encrypt([PLAIN])
    assert new.metadata["encryption-key-id"] == b"k2"
    assert rotated.decrypt([old, new]) == [PLAIN, PLAIN]


def test_a_key_that_is_not_here_is_named() -> None:
    [encrypted] = codec(f"k2={K2}").encrypt([PLAIN])
    [passed_on] = codec().decrypt([encrypted])
    assert passed_on.data == encrypted.data
    assert error_of(passed_on) == (
        "the payload is encrypted with the key 'k2', which is not here; "
        "add that key, or encrypt it with 'k1' and send it again"
    )


def changed(payload: Payload, data: bytes) -> Payload:
    return Payload(metadata=payload.metadata, data=data)


def test_changed_payloads_and_those_of_another_namespace_are_marked() -> None:
    [encrypted] = codec().encrypt([PLAIN])
    [elsewhere] = codec(namespace="elsewhere").encrypt([PLAIN])
    [other_key] = codec(f"k1={K2}").encrypt([PLAIN])
    flipped = changed(encrypted, encrypted.data[:-1] + bytes([encrypted.data[-1] ^ 1]))
    for spoilt in (
        elsewhere,
        other_key,
        flipped,
        *(changed(encrypted, encrypted.data[:n]) for n in (0, 5, 12, 20)),
    ):
        [passed_on] = codec().decrypt([spoilt])
        assert "cannot be decrypted with the key 'k1': it was changed, or" in error_of(passed_on)


def test_a_key_id_from_a_sender_is_quoted_and_cut_short() -> None:
    strange = Payload(metadata={"encoding": b"binary/encrypted", "encryption-key-id": b"\xff\n" * 500})
    assert "key '\ufffd?\ufffd?" in error_of(codec().decrypt([strange])[0])


def test_plaintext_is_accepted_or_refused() -> None:
    assert codec().decrypt([PLAIN, *NULLS]) == [PLAIN, *NULLS]
    [refused, *nulls] = codec(accepts_plaintext=False).decrypt([PLAIN, *NULLS])
    assert error_of(refused).startswith("the payload is not encrypted; encrypt it as docs/senders.md describes")
    assert nulls == NULLS


@pytest.mark.parametrize("mark", [b"", b"send it to me instead"])
def test_only_the_codec_marks(mark: bytes) -> None:
    marked = Payload(metadata=dict(PLAIN.metadata) | {REFUSAL: mark}, data=PLAIN.data)
    [encrypted] = codec().encrypt([marked])
    assert codec().decrypt([marked, encrypted, encrypted_by_hand(marked)]) == [PLAIN] * 3
    encrypted.metadata[REFUSAL] = mark
    assert codec().decrypt([encrypted]) == [PLAIN]
    assert "which is not here" in error_of(codec(f"k2={K2}").decrypt([encrypted])[0])


def test_an_empty_mark_does_not_hide_encryption() -> None:
    """With encryption off there is no codec, and an encrypted payload that is accepted would stop its case."""
    [encrypted] = codec().encrypt([PLAIN])
    encrypted.metadata[REFUSAL] = b""
    assert "encryption is off here" in error_of(encrypted)


def test_a_payload_that_must_be_read_names_its_key() -> None:
    [encrypted] = codec(f"k2={K2}").encrypt([PLAIN])
    [marked] = codec().decrypt([encrypted])
    assert str(CannotDecrypt(marked.metadata)) == (
        "the payload is encrypted with the key 'k2', which is not here, or differs from it; restore that key "
        "(`conviction-gate keys list` shows which are here)"
    )
    assert str(CannotDecrypt(encrypted.metadata)) == (
        "the payload is encrypted with the key 'k2', and encryption is off here; "
        "set CONVICTION_GATE_ENCRYPTION=on, with that key"
    )


async def test_without_a_type_it_is_passed_on_and_with_one_it_is_an_error() -> None:
    encrypted = await encrypting_converter(codec(f"k2={K2}")).encode([{"a": 1}])
    for ours, reason in (
        (encrypting_converter(codec()), "key 'k2', which is not here"),
        (data_converter, "'k2'"),
    ):
        [value] = await ours.decode(encrypted)
        assert isinstance(value, RawValue)
        [asked_for_raw] = await ours.decode(encrypted, [RawValue])
        assert isinstance(asked_for_raw, RawValue)
        with pytest.raises(CannotDecrypt, match=reason):
            await ours.decode(encrypted, [dict])


async def test_refused_plaintext_is_still_read_where_a_type_is_asked() -> None:
    """Results from before the setting: our own, not a sender's."""
    strict = encrypting_converter(codec(accepts_plaintext=False))
    plain = await data_converter.encode([{"a": 1}])
    assert await strict.decode(plain, [dict[str, int]]) == [{"a": 1}]
    assert isinstance((await strict.decode(plain))[0], RawValue)


async def test_failures_are_encrypted() -> None:
    ours, failure = encrypting_converter(codec()), Failure()
    await ours.encode_failure(ApplicationError("about DN-1", {"number": "DN-2"}), failure)
    assert b"DN-" not in failure.SerializeToString()
    error = await ours.decode_failure(failure)
    assert "about DN-1" in str(error)


def test_the_settings_turn_it_off() -> None:
    assert converter_for(Settings(encryption="off"), "default") is data_converter
    assert converter_for(Settings(encryption="on", keyring=f"k1={K1}"), "default").payload_codec is not None
