"""One enum for each question: why did it stop, what is known about the answer, and what does its bound rest on?

The values are the messages shown to users.
"""

from __future__ import annotations

import enum


class Termination(enum.Enum):
    """Why a method stopped."""

    GAP = "the gap between the value and the proven bound is closed"
    STATIONARY = "no policy improves every state any more"
    TIME_LIMIT = "the time limit was reached, or the time left is too short to write the exact program"
    NODE_LIMIT = "the node limit was reached"
    ITERATION_LIMIT = "the iteration limit was reached"
    SIZE_LIMIT = "the exact program would exceed the size limit"
    MEMORY_LIMIT = "the memory limit was reached, or what is left of it is too little for the exact program"
    INTERRUPTED = "interrupted by the user"
    GOOD_ENOUGH = "a policy as good as was asked for was found"
    CONVERGED = "the method converged"
    CYCLE = "the method entered a cycle"
    INFEASIBLE = "proven: no policy satisfies the constraints"
    NONE_IN_CLASS = "the solver finds no allowed policy of the restricted class that keeps the margin"
    TIE_RULE = "the follower's tie rule undoes the improvement that the program promises"
    NEAR_TIE = (
        "the policy found makes the follower nearly indifferent, and nothing near it makes him prefer the response; "
        "the value is that under his exact best response"
    )
    GIVEN = "the policy came from outside; nothing was searched here"
    NUMERICAL = "the solver failed numerically; the bound stays valid"

    @property
    def is_limit(self) -> bool:
        """Whether a limit, and nothing about the answer, ended the work."""
        return self in {
            Termination.TIME_LIMIT,
            Termination.NODE_LIMIT,
            Termination.ITERATION_LIMIT,
            Termination.SIZE_LIMIT,
            Termination.MEMORY_LIMIT,
            Termination.INTERRUPTED,
        }


class Status(enum.Enum):
    """What is known about the policy that came back."""

    OPTIMAL = "optimal over stationary leader policies, within the gap"
    RESTRICTED_OPTIMAL = (
        "optimal within the restricted class of leader policies that the method searches; this trusts a mixed-integer "
        "program of HiGHS, or all policies of the class have been evaluated, and is not certified"
    )
    PARETO_OPTIMAL = "Pareto-optimal over stationary leader policies, within the gap: no other gains without a loss"
    STATIONARY = "no stationary policy improves every state (necessary condition for Pareto optimality)"
    FEASIBLE = "a policy with its exact value; nothing is proven beyond the bound"
    NO_SOLUTION = "no policy was found"
    INFEASIBLE = "no policy satisfies the constraints"

    @property
    def has_policy(self) -> bool:
        """Whether a policy came back."""
        return self not in {Status.NO_SOLUTION, Status.INFEASIBLE}


class BoundProof(enum.Enum):
    """What a bound rests on; nothing here trusts what a solver says about its own accuracy."""

    SEARCH = "every part of the search was closed by multipliers or by propagation, rounding included"
    ROOT = "no pair of policies is worth more, or the multipliers of the root relaxation show it, rounding included"
    PAIR = "no pair of policies is worth more, rounding included"
    SADDLE = "mixed policies of the follower hold the leader to it, rounding included"
    VALUES = "values of every state that no answer of the follower lets the leader exceed, rounding included"
    PAYOFFS = "what both players get together at most, slope by slope, rounding included; also if the leader remembers"
    PARTS = "the bounds of the unconnected parts, added up, rounding included"
    REPLAYED = "its certificate has been replayed in exact arithmetic"
    MARGIN = "no certified proof: where a margin is asked for, rounding is not counted unless a certificate is"
    UNITS = "no certified proof: the follower's rewards hold large constants, whose rounding only a certificate counts"
    MIXED = "no certified proof: linear rows that a follower keeps who errs, of which there are no certificates"
    NEAR = "no certified proof: a search over pairs of answers, of which there are no certificates"
    NONE = "nothing"

    @property
    def certifies(self) -> bool:
        """Whether a bound that rests on it is safe, with all rounding counted."""
        return self not in {BoundProof.MARGIN, BoundProof.UNITS, BoundProof.MIXED, BoundProof.NEAR, BoundProof.NONE}
