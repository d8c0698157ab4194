r"""Local search for large games: smooth ascents from several starts, judged by the exact follower.

From each start an *annealed soft ascent* climbs against a follower whose answer is smooth
(:mod:`~ssg_mip.methods.local.soft_ascent`), then linear programs go on to the ties that hold the best policy nearby
(:mod:`~ssg_mip.methods.local.uphill`). Starts are the best policies of the stage-wise operator, plain and priced
(:mod:`~ssg_mip.methods.local.stage_policies`), the uniform policy, deterministic ones, and drawn ones. A step costs as
much as some products of the transition matrix with a vector, so games of 10,000 states and more are in reach. Values
are exact, and the best policy is kept, so a given start is never made worse.

Nothing is proven beyond a bound that is at hand. The seed decides the drawn starts and the order of answers. Runs that
a time limit shortens depend on how fast the machine is; those that iterations limit do not.

**When not to use it**: where an exact program is small enough, ``commitment`` proves what it finds, and
``policy-iteration`` promises that no state ever loses.
"""

from ssg_mip.methods.local.algorithm import Settings, solve

__all__ = ["Settings", "solve"]
