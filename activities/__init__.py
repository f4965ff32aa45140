"""Side effects: what is looked up, and what is written. Each can be tried again without harm."""

from activities.look_ups import LookUps
from activities.outcomes import Outcomes

__all__ = ["LookUps", "Outcomes"]
