"""How much of each figure a run measures."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """Counts of pairs and cases. `few` and `many`: cases that wait while signals are timed."""

    pairs: int
    cases: int
    signals: int
    few: int
    many: int
    killed: int
    killed_signals: int
    mass: int


QUICK = Scale(pairs=2, cases=20, signals=5, few=20, many=60, killed=40, killed_signals=10, mass=40)
USUAL = Scale(pairs=5, cases=100, signals=20, few=500, many=2_000, killed=500, killed_signals=100, mass=300)
FULL = Scale(pairs=7, cases=200, signals=40, few=500, many=20_000, killed=2_000, killed_signals=100, mass=5_000)
