"""What the checker itself knows about a leader policy, derived once per policy and shared between checks."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from fractions import Fraction

from ssg_mip.certificates.checkpoint import Checkpoint, unhurried
from ssg_mip.certificates.derivation import derive
from ssg_mip.certificates.rational import ExactGame, PolicyRows
from ssg_mip.certificates.response import FollowerView, loss_bound, rule_values, tie_judgements
from ssg_mip.certificates.values import AnyProcess, Interval, rounding_slack, value_intervals
from ssg_mip.tolerances import Tolerances


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Evidence:
    """Both players' processes against a policy, the follower's ties, and the leader's values under the tie rule.

    ``outcomes`` holds the leader's values, one vector for each honest judgement of the ties; there is nearly always
    one. ``slack`` is how far a printed leader value may honestly be off; the follower's is ``view.slack``.
    """

    leader: AnyProcess
    follower: AnyProcess
    view: FollowerView
    outcomes: tuple[tuple[Interval, ...], ...]
    slack: Fraction
    checkpoint: Checkpoint = unhurried
    _pairs: dict[tuple[int, ...], tuple[tuple[Interval, ...], tuple[Interval, ...]]] = dataclasses.field(
        default_factory=dict, init=False, repr=False
    )
    _losses: dict[tuple[int, ...], Fraction] = dataclasses.field(default_factory=dict, init=False, repr=False)

    def slots(self, response: Sequence[int]) -> tuple[int, ...]:
        """The follower slots of a response given as actions within states."""
        return tuple(self.follower.offsets[state] + action for state, action in enumerate(response))

    def attained(self, printed: Sequence[float]) -> tuple[Interval, ...]:
        """The leader's values under the tie rule: of several honest outcomes the one nearest to what is printed."""
        self.checkpoint()
        if len(self.outcomes) == 1:
            return self.outcomes[0]
        exact = [Fraction(value) for value in printed]

        def distance(outcome: Sequence[Interval]) -> Fraction:
            return max(interval.distance(value) for interval, value in zip(outcome, exact, strict=True))

        return min(self.outcomes, key=distance)

    def pair_values(self, response: Sequence[int]) -> tuple[tuple[Interval, ...], tuple[Interval, ...]]:
        """The leader's and the follower's values of the policy with a response."""
        self.checkpoint()
        chosen = self.slots(response)
        if chosen not in self._pairs:
            self._pairs[chosen] = (
                value_intervals(self.leader, chosen, self.checkpoint),
                value_intervals(self.follower, chosen, self.checkpoint),
            )
        return self._pairs[chosen]

    def epsilon(self, response: Sequence[int]) -> Fraction:
        """A proven bound on what the follower loses, in its worst state, by a response."""
        chosen = self.slots(response)
        if chosen not in self._losses:
            self._losses[chosen] = loss_bound(self.view, self.pair_values(response)[1])
        return self._losses[chosen]


class Prover:
    """Derives evidence about the policies of one game.

    Parameters
    ----------
    exact
        The game.
    ties
        The tie rule.
    tolerances
        Which ties count, and how much rounding is allowed.
    checkpoint
        Called now and then; what it raises ends the work in hand.
    """

    def __init__(self, exact: ExactGame, ties: str, tolerances: Tolerances, checkpoint: Checkpoint = unhurried) -> None:
        self._exact = exact
        self._ties = ties
        self._tolerances = tolerances
        self._checkpoint = checkpoint
        self._known: dict[PolicyRows, Evidence] = {}

    def about(self, policy: PolicyRows) -> Evidence:
        """The evidence about a policy."""
        self._checkpoint()
        if policy not in self._known:
            leader, follower, view = derive(self._exact, policy, self._tolerances, self._checkpoint)
            outcomes = tuple(rule_values(leader, tied, self._ties, self._checkpoint) for tied in tie_judgements(view))
            self._known[policy] = Evidence(
                leader=leader,
                follower=follower,
                view=view,
                outcomes=outcomes,
                slack=max(rounding_slack(leader, values, self._tolerances) for values in outcomes),
                checkpoint=self._checkpoint,
            )
        return self._known[policy]
