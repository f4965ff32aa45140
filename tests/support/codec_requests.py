"""A codec server, and payloads as a browser sends them to it."""

import base64
import json
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from google.protobuf.json_format import MessageToDict, ParseDict
from temporalio.api.common.v1 import Payload

from conviction_gate.encryption.codec import EncryptionCodec
from conviction_gate.encryption.codec_app import CodecApp
from conviction_gate.encryption.keys import Keyring
from conviction_gate.encryption.readers import Readers

UI = "https://temporal.example.gov"
TOKEN = "0123456789abcdef"
KNOWN = {"Authorization": f"Bearer {TOKEN}", "X-Namespace": "jails"}
SAID = {"message_id": "marker-1"}
WHERE = "http://codec"


def ring(*names: str) -> Keyring:
    return Keyring(names[0], {name: AESGCM(name.encode().ljust(32, b".")) for name in names})


def plain(value: object) -> dict[str, Any]:
    encoded = {"encoding": base64.b64encode(b"json/plain").decode()}
    return {"metadata": encoded, "data": base64.b64encode(json.dumps(value).encode()).decode()}


def encrypted(value: object, key: str = "k1") -> dict[str, Any]:
    (payload,) = EncryptionCodec(ring(key), "jails").encrypt([ParseDict(plain(value), Payload())])
    return MessageToDict(payload)


def app(audit: list[str], readers: Readers | None = None, *, encrypts: bool = False) -> CodecApp:
    readers = readers or Readers({"r-7": TOKEN})
    codec = EncryptionCodec(ring("k1", "k0"), "jails")
    return CodecApp(codec, "jails", readers, frozenset({UI}), audit.append, encrypts=encrypts)
