"""Local ascent for games of hundreds to tens of thousands of states."""

from ssg_mip.exact.heuristics.sparse_steps.climbing import Climb, climb, steps

__all__ = ["Climb", "climb", "steps"]
