"""Makes a game smaller before it is solved, without loss, and leads answers back."""

from ssg_mip.presolve.parts import Part, restricted, split_parts
from ssg_mip.presolve.reduce import reduce_game
from ssg_mip.presolve.summary import in_one_line, summary
from ssg_mip.presolve.way_back import policy_in, put_together

__all__ = ["Part", "in_one_line", "policy_in", "put_together", "reduce_game", "restricted", "split_parts", "summary"]
