"""Parts of a game that have nothing to do with each other, solved one by one and put together.

The weighted value is the sum of what the parts add to it, and so is its bound. A part is solved within the gap that is
asked of the whole; where the gaps add up to more than the whole may have, the parts with the widest are solved again,
each within a tenth of its gap before.
"""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from ssg_mip.base.status import BoundProof, Status, Termination
from ssg_mip.base.tolerances import ROUNDING
from ssg_mip.checker.dual.units import raised
from ssg_mip.evaluation.value_bounds import LEAST_GAP, leader_spreads, leader_value_bounds
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.methods.in_standard_form import run_method
from ssg_mip.methods.leading_back import TiesDiffer, into_reduced
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.presolve import Part, put_together
from ssg_mip.problem.evaluated_policy import EvaluatedPolicy
from ssg_mip.problem.problem import Problem
from ssg_mip.proofs.claim import Claim
from ssg_mip.proofs.reduction import Reduction
from ssg_mip.proofs.writer import Recorder
from ssg_mip.result import ProgressRow, Result, TrajectoryPoint, gap_denominator
from ssg_mip.runs.conclusion import Conclusion
from ssg_mip.runs.method import Method
from ssg_mip.runs.run import Run

SHARPER = 0.1
"""Share of its gap within which a part is solved again."""

ROUNDS = 4
"""How often parts are solved at most."""


@dataclasses.dataclass(kw_only=True, eq=False)
class _Piece:
    """A part: what is left of the game there, its share of the weights, and the best that is known of it."""

    reduction: Reduction
    weights: FloatArray
    share: Fraction
    gap: float
    value: float
    bound: float
    answer: Result | None = None
    recorder: Recorder | None = None

    @property
    def missing(self) -> float:
        """What its gap adds to that of the whole."""
        return float(self.share) * max(0.0, self.bound - self.value)

    def take(self, answer: Result, recorder: Recorder | None) -> None:
        """Keep an answer where it is better; value and proof may come from different ones."""
        if self.answer is None or answer.leader_value >= self.value:
            self.answer = answer
        if self.recorder is None or answer.dual_bound <= self.bound:
            self.recorder = recorder
        self.value = self.answer.leader_value
        self.bound = min(self.bound, answer.dual_bound)


def run_parts(problem: Problem, run: Run, method: Method, parts: Sequence[tuple[Reduction, Part]]) -> Result:
    """Run a method on every part, and put the answers together.

    Parameters
    ----------
    problem, run, method
        What is asked of the whole game; the method claims nothing but a weighted value.
    parts
        The parts, each with what is left of the game there.

    Raises
    ------
    TiesDiffer
        If the follower answers otherwise in the whole game, by its tolerance for ties, and there is time left.
    """
    whole = _Whole(problem, run, method, parts)
    whole.solve()
    return whole.result()


class _Whole:
    """The parts of a game, and what is known of each."""

    def __init__(self, problem: Problem, run: Run, method: Method, parts: Sequence[tuple[Reduction, Part]]) -> None:
        self._problem, self._run, self._method = problem, run, method
        self._nodes = 0
        self._counts: Counter[str] = Counter()
        self._progress: list[ProgressRow] = []
        start = LeaderPolicy.uniform(problem.game) if run.start is None else run.start
        self._start = problem.follower.response(problem.game, start, run.tolerances)
        self._pieces = [self._piece(*one) for one in parts]

    def _piece(self, reduction: Reduction, part: Part) -> _Piece:
        answered = np.isin(reduction.into, reduction.states[part.weights > 0.0])
        return _Piece(
            reduction=reduction,
            weights=part.weights,
            share=_exact_sum(self._problem.weights[answered]) / _exact_sum(self._problem.weights),
            gap=self._run.gap,
            value=float(part.weights @ self._start.leader_values[reduction.states]),
            bound=float(part.weights @ leader_value_bounds(reduction.reduced).upper),
        )

    @property
    def _allowed(self) -> float:
        """The gap that the whole may have."""
        game, weights = self._problem.game, self._problem.weights
        return max(self._run.gap, LEAST_GAP) * gap_denominator(game, weights, float(self._sum("value")))

    @property
    def _missing(self) -> float:
        return sum(piece.missing for piece in self._pieces)

    def _sum(self, field: str) -> Fraction:
        return sum((piece.share * Fraction(getattr(piece, field)) for piece in self._pieces), Fraction(0))

    # ------------------------------------------------------------------ solving

    def solve(self) -> None:
        """Solve all parts, then again those whose gaps are too wide for the whole."""
        self._solve_each(self._pieces)
        for _ in range(ROUNDS - 1):
            if self._missing <= self._allowed or self._run.stop_reason(self._nodes) is not None:
                return
            due = self._allowed / (2 * len(self._pieces))
            wide = [piece for piece in self._pieces if piece.missing > due and self._closes(piece)]
            if not wide:
                return
            for piece in wide:
                piece.gap *= SHARPER
            self._solve_each(wide)

    @staticmethod
    def _closes(piece: _Piece) -> bool:
        """Whether its search ended because its gap was closed, so that a narrower one may be asked for."""
        return piece.answer is not None and piece.answer.termination is Termination.GAP and piece.gap > LEAST_GAP

    def _solve_each(self, pieces: Sequence[_Piece]) -> None:
        for place, piece in enumerate(pieces):
            recorder = None if self._run.recorder is None else self._run.recorder.fresh()
            if recorder is not None:
                recorder.reduction = piece.reduction
            start = None if piece.answer is None else self._policy_of(piece)
            run = self._run.sharing(1.0 / (len(pieces) - place)).after(self._nodes).to_gap(piece.gap)
            run = dataclasses.replace(run, recorder=recorder, on_progress=self._told_of(piece))
            if start is not None:
                run = run.starting_at(start)
            answer = run_method(*into_reduced(self._problem, run, piece.reduction, piece.weights), self._method)
            self._counts.update(answer.provenance.counts)
            self._nodes += answer.provenance.counts.get("nodes", 0)
            if answer.leader_policy is not None:
                piece.take(answer, recorder)

    def _policy_of(self, piece: _Piece) -> LeaderPolicy | None:
        policy = None if piece.answer is None else piece.answer.leader_policy
        return None if policy is None else put_together(self._problem.game, [(piece.reduction, policy)])

    def _told_of(self, piece: _Piece) -> Callable[[ProgressRow], None]:
        """Takes the rows of a part, and tells the whole's."""
        others = [other for other in self._pieces if other is not piece]
        value, bound = (
            sum((other.share * Fraction(getattr(other, field)) for other in others), Fraction(0))
            for field in ("value", "bound")
        )
        nodes, lps, share = self._nodes, self._counts["lps"], float(piece.share)

        def take(row: ProgressRow) -> None:
            primal = float(value) + share * max(row.primal_bound, piece.value)
            dual = float(bound) + share * min(row.dual_bound, piece.bound)
            told = dataclasses.replace(
                row,
                seconds=self._run.deadline.elapsed,
                nodes=nodes + row.nodes,
                lps=lps + row.lps,
                primal_bound=primal,
                dual_bound=dual,
                gap_scale=gap_denominator(self._problem.game, self._problem.weights, primal),
            )
            self._progress.append(told)
            if self._run.on_progress is not None:
                self._run.on_progress(told)

        return take

    # ------------------------------------------------------------------ the answer

    def result(self) -> Result:
        """What the answers of the parts come to."""
        found = self._found()
        value = -math.inf if found is None else float(self._problem.weights @ found.values)
        self._check_ties(value)
        bound = max(raised(self._sum("bound")), value)
        closed = found is not None and bound - value <= self._allowed * (1.0 + ROUNDING)
        conclusion = Conclusion(
            method=self._method.name,
            status=self._status(closed=closed, has_policy=found is not None),
            termination=Termination.GAP if closed or self._best_in_class else self._termination(),
            dual_bound=self._claimed(bound),
            bound_proof=self._run.proof(self._proof()),
            found=found,
            trajectory=() if found is None else (self._point(found, value),),
            progress=tuple(self._progress),
            counts=dict(self._counts),
            details={"parts": [_said(piece) for piece in self._pieces]},
        )
        return dataclasses.replace(conclusion.result(self._problem, self._run), promises=self._method.promises)

    def _check_ties(self, value: float) -> None:
        """Raise :class:`TiesDiffer` if the parts are worth something else together, and there is time for the whole."""
        spread = float(self._problem.weights @ leader_spreads(self._problem.game))
        off = abs(value - float(self._sum("value")))
        if math.isfinite(value) and off > ROUNDING * (spread + abs(value)) and not self._run.stopped:
            raise TiesDiffer

    def _found(self) -> EvaluatedPolicy | None:
        """The policies of the parts together, with the response to them."""
        parts = [
            (piece.reduction, piece.answer.leader_policy)
            for piece in self._pieces
            if piece.answer is not None and piece.answer.leader_policy is not None
        ]
        if len(parts) < len(self._pieces):
            return None
        policy = put_together(self._problem.game, parts)
        response = self._problem.follower.response(self._problem.game, policy, self._run.tolerances)
        return EvaluatedPolicy(policy, response)

    def _point(self, found: EvaluatedPolicy, value: float) -> TrajectoryPoint:
        return TrajectoryPoint(
            iteration=0, leader_values=found.values, leader_value=value, leader_policy=found.policy, note="parts"
        )

    def _status(self, *, closed: bool, has_policy: bool) -> Status:
        if not has_policy:
            return Status.NO_SOLUTION
        if closed:
            return Status.OPTIMAL
        return Status.RESTRICTED_OPTIMAL if self._best_in_class else Status.FEASIBLE

    @property
    def _best_in_class(self) -> bool:
        """Whether no policy of the method's class is worth more in any part, and in some part one outside it may be."""
        statuses = {piece.answer.status for piece in self._pieces if piece.answer is not None}
        return Status.RESTRICTED_OPTIMAL in statuses and statuses <= {Status.RESTRICTED_OPTIMAL, Status.OPTIMAL}

    def _termination(self) -> Termination:
        """Why the gap is open: what ended the first part that was not solved, if there is one."""
        ends = [piece.answer.termination for piece in self._pieces if piece.answer is not None]
        own = self._run.stop_reason(self._nodes)
        return next((end for end in ends if end is not Termination.GAP), own or Termination.NUMERICAL)

    def _proof(self) -> BoundProof:
        """What the sum rests on: nothing that is certified if one of the parts does not."""
        proofs = [BoundProof.NONE if piece.answer is None else piece.answer.bound_proof for piece in self._pieces]
        return next((proof for proof in proofs if not proof.certifies), BoundProof.PARTS)

    def _claimed(self, bound: float) -> float:
        """The bound, remembered for a certificate if one is asked for."""
        recorder = self._run.recorder
        if recorder is not None:
            recorder.summed = [piece.recorder for piece in self._pieces if piece.recorder is not None]
            return recorder.settle(self._problem.game, Claim(weights=self._problem.weights, bound=bound))
        return bound


def _exact_sum(weights: FloatArray) -> Fraction:
    return sum(map(Fraction, weights.tolist()), Fraction(0))


def _said(piece: _Piece) -> dict[str, Any]:
    """What a part came to, as plain data."""
    answer = piece.answer
    return {
        "states": [piece.reduction.game.state_names[s] for s in piece.reduction.states.tolist()],
        "share": float(piece.share),
        "leader_value": piece.value,
        "dual_bound": piece.bound,
        "status": Status.NO_SOLUTION.name.lower() if answer is None else answer.status.name.lower(),
    }
