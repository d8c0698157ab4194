"""Kinds of follower in a printed document: who he is said to be, and how his answer is derived again.

Nothing of this is shared with what answered. A document without a follower is about the rational one. Certificates are
about rational followers, and prove nothing of another kind unless :attr:`FollowerClaim.certified` says so.
"""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from ssg_mip.base.tolerances import ROUNDING
from ssg_mip.checker.checkpoint import Checkpoint, unhurried
from ssg_mip.checker.claims import Claims
from ssg_mip.checker.derivation import derive
from ssg_mip.checker.evidence import Evidence, Prover
from ssg_mip.checker.rational import ExactGame, PolicyRows
from ssg_mip.checker.response import view_follower
from ssg_mip.checker.soft import SoftEvidence, enclosed_answer, soft_view
from ssg_mip.checker.tie_scale import local_scale, tie_thresholds
from ssg_mip.checker.values import Interval
from ssg_mip.checker.verification import Check, Trial, worst_of
from ssg_mip.game.game import Game

SOFT_DOUBT = 4
"""Times the noise of his values, over the temperature, by which a probability that was computed may be off."""


def prover_for(exact: ExactGame, claims: Claims, tolerances: Any, checkpoint: Checkpoint = unhurried) -> Prover:
    """What derives evidence about single policies, for the follower of a document."""
    if claims.follower.kind == "quantal":
        return SoftProver(exact, claims.ties, tolerances, checkpoint, temperature=claims.follower.number)
    if claims.follower.kind == "near-optimal":
        return NearProver(exact, claims.ties, tolerances, checkpoint, accepted=claims.follower.number)
    return Prover(exact, claims.ties, tolerances, checkpoint)


class NearProver(Prover):
    """Derives evidence about policies that a near-optimal follower answers: what he accepts counts as tied."""

    def __init__(self, *args: Any, accepted: float) -> None:
        super().__init__(*args)
        self._accepted = Fraction(accepted)

    def derived(self, policy: PolicyRows) -> Evidence:
        """The evidence about a policy, made anew."""
        leader, follower, _ = derive(self._exact, policy, self.tolerances, self._checkpoint)
        scale = local_scale(self._exact.game, leader=False, checkpoint=self._checkpoint)
        thresholds = tie_thresholds(self._exact.game, self.tolerances, self._checkpoint)
        view = view_follower(follower, thresholds, scale, self._checkpoint, accepted=self._accepted)
        return self.judged(leader, follower, view, NearEvidence)


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class NearEvidence(Evidence):
    """Evidence that knows no answer without tolerance: what is accepted is accepted."""

    @cached_property
    def exact_outcome(self) -> tuple[Interval, ...]:
        """One of the honest outcomes."""
        return self.outcomes[0]


class SoftProver(Prover):
    """Derives evidence about policies that a quantal follower answers."""

    def __init__(self, *args: Any, temperature: float) -> None:
        super().__init__(*args)
        self._temperature = Fraction(temperature)

    def derived(self, policy: PolicyRows) -> Evidence:
        """The evidence about a policy, made anew."""
        exact, checkpoint = self._exact, self._checkpoint
        leader, follower, view = derive(exact, policy, self.tolerances, checkpoint)
        mix, pair = enclosed_answer(leader, follower, self._temperature, checkpoint)
        scales = [local_scale(exact.game, leader=mine, checkpoint=checkpoint) for mine in (True, False)]
        noise = max(scales[1].noise(view.optimum.values, follower.discount))
        share = min(Fraction(1), SOFT_DOUBT * noise / self._temperature)
        slacks = []
        for process, values, scale in zip((leader, follower), pair, scales, strict=True):
            own = scale.slack(values, process.discount)
            # a mix that is off by so much moves the values by as much of what is at stake, in every step
            moved = share * max(scale.width) / (1 - process.discount)
            slacks.append(
                tuple(one + moved + value.upper - value.lower for one, value in zip(own, values, strict=True))
            )
        middle = np.array([float(one.lower + one.upper) for one in mix])
        unique = soft_view(view, middle, follower.offsets)
        return SoftEvidence(
            leader=leader,
            follower=follower,
            view=dataclasses.replace(unique, slack=slacks[1]),
            outcomes=(pair[0],),
            slack=slacks[0],
            ties=self._ties,
            checkpoint=checkpoint,
            pair=pair,
            mix=tuple(dataclasses.replace(one, upper=one.upper + share) for one in mix),
        )


def follower_checks(claims: Claims, prover: Prover, game: Game) -> list[Check]:
    """That a mixed answer is the one that the follower gives; nothing is added for a follower who does not mix."""
    if claims.follower.kind != "quantal":
        return []
    trials: list[Trial] = []
    for point in claims.answers:
        evidence = prover.about(point.policy)
        if not isinstance(evidence, SoftEvidence) or point.mix is None:
            trials.append(Trial(deviation=Fraction(1), allowed=Fraction(0), place=f"{point.place}: no mix is printed"))
            continue
        printed = [Fraction(one) for row in point.mix for one in row]
        state = game.follower_slot_state.tolist()
        trials += [
            Trial(
                deviation=due.distance(one),
                allowed=Fraction(ROUNDING) + (due.upper - due.lower),
                place=f"{point.place}: state {game.state_names[state[slot]]!r}: printed {float(one)!r}",
            )
            for slot, (one, due) in enumerate(zip(printed, evidence.mix, strict=True))
        ]
    return [worst_of("response_is_soft", trials)]
