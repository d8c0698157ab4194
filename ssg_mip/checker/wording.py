"""The sentences that documents print, as the checker expects them: its own copy, shared with nothing that prints."""

from __future__ import annotations

import math

STATUS_MESSAGES = {
    "optimal": "optimal over stationary leader policies, within the gap",
    "restricted_optimal": (
        "optimal within the restricted class of leader policies that the method searches; this trusts a mixed-integer "
        "program of HiGHS, or all policies of the class have been evaluated, and is not certified"
    ),
    "pareto_optimal": ("Pareto-optimal over stationary leader policies, within the gap: no other gains without a loss"),
    "stationary": "no stationary policy improves every state (necessary condition for Pareto optimality)",
    "feasible": "a policy with its exact value; nothing is proven beyond the bound",
    "no_solution": "no policy was found",
    "infeasible": "no policy satisfies the constraints",
}
"""Of every status."""

TERMINATION_MESSAGES = {
    "gap": "the gap between the value and the proven bound is closed",
    "stationary": "no policy improves every state any more",
    "time_limit": "the time limit was reached, or the time left is too short to write the exact program",
    "node_limit": "the node limit was reached",
    "iteration_limit": "the iteration limit was reached",
    "size_limit": "the exact program would exceed the size limit",
    "memory_limit": "the memory limit was reached, or what is left of it is too little for the exact program",
    "interrupted": "interrupted by the user",
    "good_enough": "a policy as good as was asked for was found",
    "converged": "the method converged",
    "cycle": "the method entered a cycle",
    "infeasible": "proven: no policy satisfies the constraints",
    "none_in_class": "the solver finds no allowed policy of the restricted class that keeps the margin",
    "tie_rule": "the follower's tie rule undoes the improvement that the program promises",
    "near_tie": (
        "the policy found makes the follower nearly indifferent, and nothing near it makes him prefer the response; "
        "the value is that under his exact best response"
    ),
    "given": "the policy came from outside; nothing was searched here",
    "numerical": "the solver failed numerically; the bound stays valid",
}
"""Of every termination."""

BOUND_PROOFS = {
    "every part of the search was closed by multipliers or by propagation, rounding included": True,
    "no pair of policies is worth more, or the multipliers of the root relaxation show it, rounding included": True,
    "no pair of policies is worth more, rounding included": True,
    "what both players get together at most, slope by slope, rounding included; also if the leader remembers": True,
    "mixed policies of the follower hold the leader to it, rounding included": True,
    "values of every state that no answer of the follower lets the leader exceed, rounding included": True,
    "the bounds of the unconnected parts, added up, rounding included": True,
    "its certificate has been replayed in exact arithmetic": True,
    "no certified proof: where a margin is asked for, rounding is not counted unless a certificate is": False,
    "no certified proof: the follower's rewards hold large constants, whose rounding only a certificate counts": False,
    "no certified proof: linear rows that a follower keeps who errs, of which there are no certificates": False,
    "no certified proof: a search over pairs of answers, of which there are no certificates": False,
    "nothing": False,
}
"""What a bound may rest on, and whether it is then called certified."""


def bound_scope(margin: float, *, constrained: bool = False) -> str:
    """Over which policies a bound holds."""
    demands = ["that keep the constraints"] if constrained else []
    if margin > 0.0:
        demands.append(f"whose response beats every other action by {margin:g}")
    return " ".join(["over stationary leader policies", *([" and ".join(demands)] if demands else [])])


def guarantee_sentences(distance: float, least: float, unique: bool, margin: float | None) -> set[str]:
    """What is said of a policy that secures ``least``, which was rounded down from a fraction; likewise the margin."""
    how = "its response is the only best one" if unique else "the ties left do the leader no harm"
    margins = [None] if margin is None else [margin, math.nextafter(margin, math.inf)]
    return {
        f"a policy {distance:.3g} away secures {value:.9g}: {how}"
        f"{'' if other is None else f', all else is worse by {other:.3g}'}"
        for value in (least, math.nextafter(least, math.inf))
        for other in margins
    }


NONE_NEAR = "none exists near: "
"""How the sentence on a proof that there is no such policy begins."""

NONE_FOUND = (
    "none was found in the time for it: no policy whose response is best by ",
    "not looked for in so large a game; the policy's own response is not unique by ",
    "none was found: no policy within ",
)
"""How the sentences begin where none was found and nothing is proven."""
