"""Services over HTTP: what is no answer, and what no error, log or proxy may hold."""

import logging
import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme

from conviction_gate.config.service_access import ServiceAccess
from conviction_gate.contracts.history import History
from conviction_gate.sources import http
from conviction_gate.sources.history import HistoryService
from conviction_gate.sources.http import HttpService, ServiceError
from tests.support.services import SUBJECT, access
from tests.support.state_repository import Answer, StateRepository, answer_with, clean, record, state_repository

WRONG: list[tuple[str, Answer, str]] = [
    ("down", answer_with({"error": "MARK-7"}, 503), "answered 503; if this lasts"),
    ("busy", answer_with({}, 429), "answered 429"),
    ("locked", answer_with({}, 401), "answered 401; check CONVICTION_GATE_HISTORY_TOKEN"),
    ("forbidden", answer_with({}, 403), "answered 403; check CONVICTION_GATE_HISTORY_TOKEN"),
    ("moved", answer_with({}, 302), "answered 302; set CONVICTION_GATE_HISTORY_URL to the address"),
    ("bad question", answer_with({}, 400), "answered 400"),
    ("empty", lambda question: (204, b""), "answered 204"),
    ("gone", answer_with({}, 410), "answered 410"),
    ("html", lambda question: (200, b"<html>MARK-7</html>"), "is not valid"),
    ("cut off", lambda question: (200, b'{"subject": {"fbi_number": "MARK-7"'), "is not valid"),
    ("a list", answer_with([]), "is not valid"),
    ("no subject", answer_with({"records": []}), "subject: missing"),
    ("a date", lambda q: record(q, records=[{"decided_on": "MARK-7"}]), "records.0.decided_on: not a date"),
    ("nul", lambda q: record(q, records=[{"code": "a\0b"}]), "NUL"),
    ("deep", lambda question: (200, b"[" * 100_000), "is not valid"),
    ("somebody else", answer_with({"subject": {"fbi_number": "another"}}), "about another person"),
    ("endless", lambda question: (200, b" " * (http.MAX_ANSWER + 1)), "sends more than"),
]


@pytest.mark.parametrize(("answer", "reason"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
async def test_anything_else_is_no_answer_and_its_error_names_nobody(
    answer: Answer, reason: str, repository: StateRepository, histories: HistoryService
) -> None:
    repository.answer = answer
    with pytest.raises(ServiceError, match=reason) as raised:
        await histories.history([SUBJECT])
    _names_nobody(raised.value)
    repository.answer = record
    assert await histories.history([SUBJECT]) == History()


def _names_nobody(error: BaseException) -> None:
    assert "MARK-7" not in str(error)
    assert "records?" not in str(error)
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None


async def test_a_slow_service_is_given_up_in_time(
    monkeypatch: pytest.MonkeyPatch, repository: StateRepository, histories: HistoryService
) -> None:
    monkeypatch.setattr(http, "ANSWER_WITHIN", 0.2)
    repository.answer, repository.stalls = record, True
    with pytest.raises(ServiceError, match="did not answer within") as raised:
        await histories.history([SUBJECT])
    _names_nobody(raised.value)


async def test_nobody_listens() -> None:
    service = HttpService(access(StateRepository()))
    with pytest.raises(ServiceError, match=r"cannot be reached .*CONVICTION_GATE_HISTORY_URL") as raised:
        await HistoryService(service).history([SUBJECT])
    _names_nobody(raised.value)
    await service.close()


async def test_no_log_holds_an_id_or_the_token(
    caplog: pytest.LogCaptureFixture, repository: StateRepository, histories: HistoryService
) -> None:
    with caplog.at_level(logging.DEBUG):
        await histories.history([SUBJECT])
    assert "MARK-7" not in caplog.text


def test_no_repr_holds_the_token(repository: StateRepository) -> None:
    assert "MARK" not in repr(access(repository, token="TOKEN-MARK-7"))


@pytest.mark.parametrize("field", ["certificate", "key", "ca"])
def test_certificates_that_cannot_be_read_are_named(
    field: str, tmp_path: Path, repository: StateRepository
) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate")
    with pytest.raises(ServiceError, match="CONVICTION_GATE_HISTORY_CERTIFICATE"):
        HttpService(access(repository, **({"certificate": broken} | {field: broken})))
    with pytest.raises(ServiceError, match="cannot be read"):
        HttpService(access(repository, **({"certificate": tmp_path / "none"} | {field: tmp_path / "none"})))


def test_tls_checks_the_name_and_the_chain() -> None:
    context = http._tls_context(ServiceAccess(name="history", setting="X", url="https://records.example.gov"))
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


async def test_a_client_certificate_lets_us_in(tmp_path: Path) -> None:
    ours, strange = trustme.CA(), trustme.CA()
    files = {
        "ca": ours.cert_pem,
        "strange": strange.cert_pem,
        "server": ours.issue_cert("127.0.0.1").private_key_and_cert_chain_pem,
        "client": ours.issue_cert("gate.example.gov").private_key_and_cert_chain_pem,
    }
    for name, pem in files.items():
        pem.write_to_path(tmp_path / name)
    repository = StateRepository().up(
        ssl_certfile=tmp_path / "server", ssl_ca_certs=tmp_path / "ca", ssl_cert_reqs=ssl.CERT_REQUIRED
    )
    ways: list[tuple[dict[str, Any], str | None]] = [
        ({"certificate": tmp_path / "client", "ca": tmp_path / "ca"}, None),
        ({"ca": tmp_path / "ca"}, "broke off|cannot be reached"),
        ({"certificate": tmp_path / "client", "ca": tmp_path / "strange"}, "CERTIFICATE_VERIFY_FAILED"),
        ({"certificate": tmp_path / "client"}, "CERTIFICATE_VERIFY_FAILED"),
    ]
    for way, answer in ways:
        service = HttpService(access(repository, **way))
        if answer is None:
            assert await HistoryService(service).history([SUBJECT]) == History()
        else:
            with pytest.raises(ServiceError, match=answer):
                await HistoryService(service).history([SUBJECT])
        await service.close()
    repository.down()


async def test_reaching_a_service_asks_for_nobody(repository: StateRepository, service: HttpService) -> None:
    repository.answer = answer_with({"error": "name an id"}, 400)
    assert await service.probe()
    assert repository.asked == {"": 1}
    repository.answer = clean
    assert not await service.probe()
    for status in (401, 403, 302, 500, 503):
        repository.answer = answer_with({}, status)
        with pytest.raises(ServiceError, match=str(status)):
            await service.probe()


async def test_no_proxy_learns_whom_we_ask_about(
    repository: StateRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    with state_repository() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url.removesuffix("/records"))
        service = HttpService(ServiceAccess(name="history", setting="S", url=repository.url))
        assert not (await service.get({"fbi_number": "F-7"})).found
        await service.close()
        assert (repository.asked, proxy.asked) == ({"fbi_number=F-7": 1}, {})


async def test_no_question_carries_what_an_earlier_answer_set(
    repository: StateRepository, service: HttpService
) -> None:
    repository.cookies = [f"c{n}={'x' * 4000}; Path=/" for n in range(21)]
    for _ in range(2):
        assert not (await service.get({"fbi_number": "F-7"})).found
        assert "cookie" not in repository.headers


def test_a_host_that_is_none_is_named() -> None:
    with pytest.raises(ServiceError, match=r"CONVICTION_GATE_HISTORY_URL: not the address of a service"):
        HttpService(ServiceAccess(name="history", setting="CONVICTION_GATE_HISTORY", url="http://xn--a/"))
