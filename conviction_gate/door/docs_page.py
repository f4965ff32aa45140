"""The page of the API for people, `/docs`: made of the OpenAPI document, without any script."""

import json
from collections.abc import Iterator
from functools import cache
from html import escape
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from conviction_gate.door import openapi

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}
STYLE: Final = """
:root{color-scheme:light dark}
body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem}
h2{font-size:1.1rem;margin:2rem 0 .25rem}code{font-size:.95em}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.15rem .75rem .15rem 0;vertical-align:top}
"""


@cache
def _text() -> str:
    return openapi.text()


@cache
def page() -> str:
    """The page."""
    document = json.loads(_text())
    info = document["info"]
    return "".join(
        [
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>Conviction Gate: HTTP API</title>',
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            f"<style>{STYLE}</style><main><h1>Conviction Gate: HTTP API</h1><p>{escape(info['summary'])} ",
            f"{_text_of(info['description'])} ",
            'The whole description is <a href="/openapi.json">openapi.json</a> (OpenAPI 3.1).</p>',
            "<p>Say who you are with <code>Authorization: Bearer KEY</code>.</p>",
            *_calls(document),
            "</main></html>",
        ]
    )


def _calls(document: dict[str, Any]) -> Iterator[str]:
    for path, methods in document["paths"].items():
        for method, call in methods.items():
            yield f"<section><h2><code>{method.upper()} {escape(path)}</code></h2>"
            yield f"<p>{_text_of(call['summary'])}. {_text_of(call['description'])}</p><table>"
            for parameter in call.get("parameters", ()):
                name, text = escape(parameter["name"]), _text_of(parameter["description"])
                yield f"<tr><th scope=row><code>{name}</code></th><td>{text}</td></tr>"
            for status, answer in call["responses"].items():
                yield f"<tr><th scope=row>{status}</th><td>{_text_of(answer['description'])}</td></tr>"
            yield "</table></section>"


def _text_of(text: str) -> str:
    """Text with code in backticks."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if n % 2 else part for n, part in enumerate(parts))


async def _page(request: Request) -> Response:
    return HTMLResponse(page(), headers=HEADERS)


async def _document(request: Request) -> Response:
    return Response(_text(), media_type="application/json", headers={"X-Content-Type-Options": "nosniff"})


def docs_routes() -> list[Route]:
    """The page, and the document."""
    return [Route("/docs", _page), Route("/openapi.json", _document)]
