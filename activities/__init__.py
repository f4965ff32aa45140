"""Side effects: look-ups and writes. Each can be repeated without harm."""

from activities.look_ups import LookUps
from activities.outcomes import Outcomes

__all__ = ["LookUps", "Outcomes"]
