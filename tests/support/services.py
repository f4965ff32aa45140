"""How to reach a state repository, and a subject whose ids no log may hold."""

from typing import Any

from conviction_gate.config.service_access import ServiceAccess
from conviction_gate.contracts.booking import Subject
from tests.support.state_repository import StateRepository

SUBJECT = Subject(fbi_number="FBI-MARK-7", state_id="SID-MARK-7")


def access(repository: StateRepository, **changed: Any) -> ServiceAccess:
    return ServiceAccess(name="history", setting="CONVICTION_GATE_HISTORY", url=repository.url, **changed)
