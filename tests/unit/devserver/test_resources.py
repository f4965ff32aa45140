"""Free ports stay free until the program that they were chosen for opens them."""

import socket
from pathlib import Path

import pytest

from conviction_gate.devserver import resources
from conviction_gate.devserver.resources import FREE_PORTS, HOST, free_port

LINUX = Path("/proc/sys/net/ipv4/ip_local_port_range")
OTHERS = "49152 65535"
"""What macOS and Windows give to outgoing connections (RFC 6335)."""


def test_no_outgoing_connection_can_take_a_free_port() -> None:
    first, last = map(int, (LINUX.read_text() if LINUX.exists() else OTHERS).split())
    assert not set(FREE_PORTS) & set(range(first, last + 1))
    assert all(free_port() in FREE_PORTS for _ in range(20))


def test_each_call_gives_another_port_on_which_nothing_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server((HOST, 0)) as listener:
        taken, returned, free = listener.getsockname()[1], free_port(), free_port()
        resources._returned.remove(free)
        choices = iter([taken, returned, free])
        monkeypatch.setattr("random.choice", lambda _: next(choices))
        assert free_port() == free
