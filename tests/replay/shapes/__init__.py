"""Every shape that the history of a case can have; its name is that of its recordings."""

from tests.replay.shapes import changing, corrections, ending, waiting
from tests.replay.shapes.desk import SHAPES

__all__ = ["SHAPES", "changing", "corrections", "ending", "waiting"]
