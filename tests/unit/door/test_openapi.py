"""The published description of the door, and its page for people."""

import json
import re
from pathlib import Path

import httpx
from starlette.applications import Starlette

from conviction_gate.door import openapi
from conviction_gate.door.app import CALLS
from conviction_gate.door.docs_page import docs_routes, page

FILE = Path(__file__).parents[3] / "docs" / "openapi.json"


def test_the_published_document_is_that_of_this_code() -> None:
    assert FILE.read_text(encoding="utf-8") == openapi.text(), "run `make openapi`"


def test_every_call_is_described_but_those_that_are_not_built() -> None:
    described = {(operation.method.upper(), operation.path) for operation in openapi.OPERATIONS}
    built = {(method, path.replace(":part}", "}")) for method, path, _ in CALLS}
    assert built - described == {("POST", "/v1/cases/{agency}/{tracking_number}/orders")}
    assert described <= built


def test_every_reference_leads_somewhere_and_requests_are_closed() -> None:
    document = openapi.document()
    schemas = document["components"]["schemas"]
    named = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(document)))
    assert named <= schemas.keys()
    assert schemas["BookingRequest"]["additionalProperties"] is False
    assert "reviewer" not in schemas["ReviewDecisionMessage"]["properties"]


async def test_the_page_needs_no_script_and_no_other_address() -> None:
    transport = httpx.ASGITransport(Starlette(routes=docs_routes()))
    async with httpx.AsyncClient(transport=transport, base_url="http://door") as client:
        shown, document = await client.get("/docs"), await client.get("/openapi.json")
    assert document.json() == openapi.document()
    assert shown.text == page()
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert "<script" not in shown.text
    assert re.findall(r'(?:href|src)="([^"]*)"', shown.text) == ["/openapi.json"]
    for operation in openapi.OPERATIONS:
        assert f"<code>{operation.method.upper()} {operation.path}</code>" in shown.text
