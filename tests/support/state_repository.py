"""A fake state repository and court: services over real HTTP that can be slow, wrong, down, and right."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any, Self
from urllib.parse import parse_qsl

import uvicorn

from conviction_gate.devserver.resources import free_port

Answer = Callable[[dict[str, str]], tuple[int, bytes]]


def clean(question: dict[str, str]) -> tuple[int, bytes]:
    """Nobody here has a record; the ids in the question come back, so that it is an answer to it."""
    return 404, json.dumps({"subject": question}).encode()


def answer_with(value: Any, status: int = 200) -> Answer:
    """The same JSON for everybody."""
    return lambda question: (status, json.dumps(value).encode())


def record(question: dict[str, str], **changed: Any) -> tuple[int, bytes]:
    """Whoever is asked for has a record without a conviction."""
    return 200, json.dumps({"subject": question, "records": []} | changed).encode()


class StateRepository:
    """Answers every question by `answer`, and remembers what it was asked."""

    def __init__(self, answer: Answer = clean) -> None:
        self.answer = answer
        self.asked: Counter[str] = Counter()
        self.headers: dict[str, str] = {}
        self.cookies: list[str] = []
        self.stalls = False
        self._port = free_port()
        self._server: uvicorn.Server | None = None
        self._tls: dict[str, Any] = {}

    @property
    def url(self) -> str:
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self._port}/records"

    def up(self, **tls: Any) -> Self:
        """Listen, in a thread and a loop of its own; `tls`: uvicorn's `ssl_` options."""
        self._tls = tls
        self._server = uvicorn.Server(
            uvicorn.Config(
                self._serve,
                interface="asgi3",
                host="127.0.0.1",
                port=self._port,
                lifespan="off",
                log_level="critical",
                **tls,
            )
        )
        self._thread = Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            self._thread.join(0.01)
        return self

    def down(self) -> None:
        """Nobody listens any more; a connection is refused."""
        if self._server is not None:
            self._server.should_exit = self._server.force_exit = True
            self._thread.join()
            self._server = None

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        query = scope["query_string"].decode()
        self.headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.asked[query] += 1
        status, body = self.answer(dict(parse_qsl(query)))
        headers = [(b"content-length", str(len(body)).encode())]
        headers += [(b"set-cookie", cookie.encode()) for cookie in self.cookies]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        while self.stalls and (await receive())["type"] != "http.disconnect":
            pass
        await send({"type": "http.response.body", "body": body})


@contextmanager
def state_repository(answer: Answer = clean) -> Iterator[StateRepository]:
    """A repository that is up, and gone in the end."""
    repository = StateRepository(answer).up()
    try:
        yield repository
    finally:
        repository.down()
