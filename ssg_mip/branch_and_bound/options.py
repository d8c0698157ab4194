"""The ingredients of the search, each of which can be switched off to measure what it is worth.

None of them affects correctness: with all of them off the search is a plain best-first branch and bound.
"""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True, kw_only=True)
class SearchOptions:
    """Switches of the search; the defaults are what is fastest on the whole.

    Attributes
    ----------
    probing
        Close choices at the root whose relaxation cannot beat the incumbent.
    tightening
        Shrink intervals at the root by linear programs.
    propagation
        Shrink boxes by interval propagation of the follower's Bellman equations.
    mixing, looking_back
        Let the propagation use what mixes of two answers secure, and what successors must be worth.
    level_two_cuts
        Cut with box-dependent rows multiplied by the values.
    local_ascent
        Look for policies by sequential linear programs.
    operator_starts
        Begin with policies of the fixed-point operator where the program is large.
    many_starts
        Look for policies from many starts where a program with rows on the policy, or for a goal, is not closed soon.
    warm_starts
        Start a linear program from its parent's basis.
    """

    probing: bool = True
    tightening: bool = True
    propagation: bool = True
    mixing: bool = True
    looking_back: bool = True
    level_two_cuts: bool = True
    local_ascent: bool = True
    operator_starts: bool = True
    many_starts: bool = True
    warm_starts: bool = True


DEFAULT_OPTIONS = SearchOptions()
