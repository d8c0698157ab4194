"""Games in which the follower's answer in a state depends on the leader's mix in that state alone.

So it is for a myopic follower, where transitions do not depend on the follower's action (then the values of what
follows are the same for all of the follower's actions), in games of one state, and where the follower has no choice.
A mix and an answer that is best against it are then the action of a decision process of the leader, and one policy is
best in every state at once (Bucarey et al., *Stationary strong Stackelberg equilibrium in discounted stochastic games*,
2022). ``solution`` iterates its policies, ``mixes`` holds the actions of the process, ``corners`` lists all of them
where they are few, ``answer_lp`` finds the best one of an answer by a linear program elsewhere, and ``multipliers``
keeps what proves that there is none better.
"""

from ssg_mip.exact.statewise.solution import is_statewise, solve_statewise

__all__ = ["is_statewise", "solve_statewise"]
