r"""What the leader wants, beside a weighted sum of his values.

``problem.maximise(goal)`` returns the problem with a goal:

* weights, ``{state: weight}`` or an array, or a :class:`~ssg_mip.problem.scalarisation.WeightedSum`: their sum;
* :class:`WorstStart`: the least value over several starts;
* :class:`WorstType`: the least value over the types of the follower;
* :class:`Lexicographic`: one weighted sum after the other;
* :class:`PriceOnChange`: less a price on the distance to a reference policy;
* :class:`WithFollower`: plus a share of the follower's value.

The last two are other rewards wherever that is possible: then the problem is about a game made for it, every method
takes it, and its origin leads back. The other goals are members of :class:`~ssg_mip.problem.objective.Objective`, which
the method ``commitment`` alone takes.
"""

from ssg_mip.problem.goals.change import PriceOnChange
from ssg_mip.problem.goals.follower_share import WithFollower
from ssg_mip.problem.goals.lexicographic import Lexicographic
from ssg_mip.problem.goals.worst import WorstStart, WorstType

__all__ = ["Lexicographic", "PriceOnChange", "WithFollower", "WorstStart", "WorstType"]
