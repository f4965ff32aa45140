"""A worker and the command line reach a server that asks for a client certificate, by the SDK's own variables.

The embedded server speaks no TLS; so a gateway stands before it, as one may stand before a server of your own.
"""

import json
import ssl
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest
import trustme

from conviction_gate.devserver import processes, worker_process
from conviction_gate.devserver.embedded import embedded
from tests.support.instance import Instance
from tests.support.sent_messages import a_booking
from tests.support.tls_gateway import gateway

SERVER_CA = "TEMPORAL_TLS_SERVER_CA_CERT_PATH"
CERTIFICATE, KEY = "TEMPORAL_TLS_CLIENT_CERT_PATH", "TEMPORAL_TLS_CLIENT_KEY_PATH"
OURS, STRANGE = trustme.CA(), trustme.CA()


def for_us_alone() -> ssl.SSLContext:
    """Lets in who shows a certificate of ours."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.verify_mode = ssl.CERT_REQUIRED
    context.set_alpn_protocols(["h2"])
    OURS.issue_cert("127.0.0.1").configure_cert(context)
    OURS.configure_trust(context)
    return context


@pytest.fixture
def certificates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """PEM files; ours are set in the variables of every program that we start."""
    ours, strange = OURS.issue_cert("gate.example.gov"), STRANGE.issue_cert("gate.example.gov")
    files = {
        "ca": OURS.cert_pem,
        "client": ours.private_key_and_cert_chain_pem,
        "strange": strange.private_key_and_cert_chain_pem,
        "strange ca": STRANGE.cert_pem,
    }
    for name, pem in files.items():
        pem.write_to_path(tmp_path / name)
    monkeypatch.setenv(SERVER_CA, str(tmp_path / "ca"))
    monkeypatch.setenv(CERTIFICATE, str(tmp_path / "client"))
    monkeypatch.setenv(KEY, str(tmp_path / "client"))
    return {name: tmp_path / name for name in files}


async def test_only_a_client_certificate_lets_us_in(
    instance: Instance, certificates: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        embedded(data=instance.data, port=instance.port, worker=False),
        gateway(instance.port, for_us_alone()) as port,
    ):
        instance.port = port
        worker = await processes.spawn(
            *worker_process.COMMAND, env=instance.environment, stdout=PIPE, stderr=None
        )
        try:
            assert worker.stdout is not None
            assert (await worker.stdout.readline()).startswith(worker_process.READY_LINE)
            booked = a_booking("M-1")
            await instance.gate("start", "-", stdin=json.dumps(booked))
            await instance.until(f"booking-case:{booked['agency']}:M-1", status="waiting_for_court")
        finally:
            await processes.stop(worker, worker_process.STOP_WITHIN)

        strange, strange_ca = str(certificates["strange"]), str(certificates["strange ca"])
        for refused in ({CERTIFICATE: strange, KEY: strange}, {SERVER_CA: strange_ca}, None):
            with monkeypatch.context() as changed:
                for name, value in (refused or {}).items():
                    changed.setenv(name, value)
                if refused is None:
                    changed.delenv(CERTIFICATE)
                    changed.delenv(KEY)
                said = await instance.gate("list", code=2)
            assert said.startswith(
                f"error: no Temporal server accepts a TLS connection at 127.0.0.1:{port}; check"
            )
