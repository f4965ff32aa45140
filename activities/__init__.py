"""Side effects: what is looked up, and what is written. Each can be tried again without harm."""

from activities.look_ups import LookUps
from activities.outcomes import Outcomes
from conviction_gate.sources.services import Sources, sources

__all__ = ["LookUps", "Outcomes", "Sources", "sources"]
