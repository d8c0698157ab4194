"""Writes what a search left behind as a certificate of its bound.

The file is described in :mod:`ssg_mip.checker.dual.document`, and what it proves in :mod:`ssg_mip.checker.dual`. The
:class:`Recorder` keeps what a run finds, settles what it claims, and writes the headers; the lines below them come from
the tree of a search (:mod:`.tree_lines`) or from values (:mod:`.value_lines`). Bounds of parts may be added up
(:mod:`.sum_lines`).

Of the improvement program and where a margin is asked for, the search does not count the rounding of some
coefficients. Such certificates are replayed before they are written, and claim what they prove if that is more.

Where the search ran on a reduced game, or is a sum of runs on parts, the certificate is about the game that was
reduced; until a recorder is asked for it with that game, all it says is about the reduced one.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import json
import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from ssg_mip.base.deadline import Deadline
from ssg_mip.branch_and_bound.tree_log import TreeLog
from ssg_mip.checker.dual.document import FORMAT, POLICY_FORMAT, REDUCED_FORMAT, WIDER_FORMAT
from ssg_mip.checker.dual.replay import BoundVerification, verify_bound
from ssg_mip.errors import InvalidResultError, OptionError, SolverError
from ssg_mip.evaluation.bound_propagation import SWEEPS
from ssg_mip.evaluation.payoff_set import PayoffBound
from ssg_mip.evaluation.standard_form import Scale, StandardForm
from ssg_mip.evaluation.value_bounds import follower_value_bounds, leader_ceiling
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.proofs.claim import Claim
from ssg_mip.proofs.payoff_lines import PayoffLines
from ssg_mip.proofs.reduction import Reduction
from ssg_mip.proofs.rounding import rounding_of, units_of
from ssg_mip.proofs.sum_lines import Summand, sum_header, summed_bound
from ssg_mip.proofs.tree_lines import TreeLines
from ssg_mip.proofs.value_lines import ValueLines
from ssg_mip.proofs.value_tree import ValueNode

BEGINNING_SECONDS = 1e-4
"""Seconds for each joint action that the checker takes before the first node of a certificate."""


class Recorder:
    """Remembers the search behind a bound, and those behind further bounds of the same run.

    Attributes
    ----------
    claim
        What is to be proven; ``None`` while nothing is known.
    root
        The tree, filled by the search; without a proof while there was no search.
    defences
        Where a zero-sum game needed no search: mixed policies of the follower, and the leader's values at most against
        each.
    others
        Recorders of further bounds.
    form
        The standard form of the game that the search runs on, where that is not the game itself.
    reduction
        What was removed from the game first; the search then ran on what is left, or on the standard form of that.
    value_tree
        Values that prove the bound without a search, of the game that the search would have run on.
    payoffs
        A payoff-set bound of that game.
    summed
        Recorders of the parts whose bounds make up this one, each with a claim about weights on other states. Their own
        reductions are those of the game that this claim is about: of what ``reduction`` leaves, if there is one.
    failure
        Why there is no certificate, if the proof has been tried and failed.
    """

    def __init__(self) -> None:
        self.claim: Claim | None = None
        self.failure: SolverError | None = None
        self.root = TreeLog()
        self.defences: tuple[tuple[FloatArray, FloatArray], ...] = ()
        self.others: list[Recorder] = []
        self.form: StandardForm | None = None
        self.reduction: Reduction | None = None
        self.value_tree: ValueNode | None = None
        self.payoffs: PayoffBound | None = None
        self.summed: list[Recorder] = []
        self._replayed = False

    def another(self) -> Recorder:
        """A recorder for one more bound."""
        self.others.append(self.fresh())
        return self.others[-1]

    def take(self, other: Recorder) -> None:
        """Remember what another recorder does, and nothing else."""
        self.__dict__.update(other.__dict__)

    def fresh(self) -> Recorder:
        """A recorder for the same game that belongs to none yet."""
        other = Recorder()
        other.form = self.form
        other.reduction = self.reduction
        return other

    def settle(self, game: Game, claim: Claim) -> float:
        """Take a claim; the bound that the certificate will claim comes back.

        Where the search leaves rounding out, the proof is replayed at once, and the bound may be larger: what the tree
        proves, or if it proves nothing what no policy of both players exceeds; of a single step then nothing is known.
        What parts add up to, and what values prove, is computed without rounding; the bound is raised to it.
        """
        if self.summed:
            return self._settle_sum(game, claim)
        values = self._values()
        claim = claim if values is None else values.raise_claim(claim)
        payoffs = self._payoffs()
        claim = claim if payoffs is None else payoffs.raise_claim(claim)
        self.claim = claim
        inexact = self.form is not None and not self.form.is_exact
        if not (claim.rounded or inexact) or claim.bound == math.inf:
            return claim.bound
        words, tree, value_tree = "", self.root, self.value_tree
        for root, attempt in (*((tree, one) for one in claim.attempts), *self._without_a_tree(game, claim)):
            self.root, self.claim = root, attempt
            self.value_tree = value_tree if root is tree else None
            try:
                found = self._replay(game)
            except (SolverError, InvalidResultError) as failure:
                words = words or str(failure)
                continue
            shown = attempt.raised(found.passed, self._in_standard_form(found, attempt))
            if shown is not None:
                self.claim, self._replayed = shown, True
                return shown.bound
            words = "; ".join(f"{check.name}: {check.detail}" for check in found.failed)
        self.root, self.value_tree, self.claim = tree, value_tree, claim
        self.failure = SolverError(f"the bound {claim.bound!r} has no certificate: {words}")
        return claim.bound if claim.values is None else math.inf

    def _settle_sum(self, game: Game, claim: Claim) -> float:
        """Take the claim of a sum, raised to what its parts add up to."""
        self.claim = claim
        whole = game if self.reduction is None else self.reduction.game
        try:
            self.claim = dataclasses.replace(
                claim, bound=max(claim.bound, summed_bound(claim, self._summands(game, claim), whole))
            )
        except SolverError as failure:
            self.failure = failure
        return self.claim.bound

    def _summands(self, game: Game, claim: Claim) -> Iterator[Summand]:
        """The parts of the sum, with their weights on the states of the game at hand."""
        for part in self.summed:
            own, reduction = part._settled_claim(), part._reduction_of(game)
            yield Summand(
                claim=own,
                scale=Scale() if part.form is None else part.form.leader,
                weights=own.weights if reduction is None else reduction.weights_out(own.weights, claim.weights),
            )

    def _without_a_tree(self, game: Game, claim: Claim) -> Iterator[tuple[TreeLog, Claim]]:
        """What holds of every pair of policies, which is no bound on a single step."""
        if claim.values is None:
            ceiling = float(claim.weights @ (leader_ceiling(game) + rounding_of(self.form)[1]))
            yield TreeLog(), dataclasses.replace(claim, bound=max(ceiling, claim.bound))

    def _replay(self, game: Game) -> BoundVerification:
        own = game if self.form is None else self.form.game
        return verify_bound(own, list(self._lines_of_search(own)))

    def _in_standard_form(self, found: BoundVerification, claim: Claim) -> float | None:
        """What has been proven, in the units of the claim, rounded up; ``None`` unless the bound alone is at fault."""
        if found.proven is None or not {check.name for check in found.failed} <= {"bound"}:
            return None
        scale = Scale() if self.form is None else self.form.leader
        return (scale if claim.values is None else scale.of_differences).upper_into(found.proven, claim.weights)

    @property
    def replayed(self) -> bool:
        """Whether the proof has been replayed, and proves the claim."""
        return self._replayed

    @property
    def parts(self) -> Iterator[Recorder]:
        """All recorders that have a claim, first this one."""
        if self.claim is not None:
            yield self
        for other in self.others:
            yield from other.parts

    def replays(self, game: Game, deadline: Deadline) -> tuple[BoundVerification, ...]:
        """What the certificates prove, replayed until the time is up; those that cannot be written prove nothing.

        None is begun that could not be read in time: until its first node the checker does not look at the clock.
        """
        found = []
        for part in self.parts:
            if deadline.remaining < BEGINNING_SECONDS * len(game.leader_rewards):
                break
            left = None if math.isinf(deadline.remaining) else deadline.remaining
            with contextlib.suppress(SolverError, InvalidResultError):
                found.append(verify_bound(game, part.lines_in_own_units(game), time_limit=left))
        return tuple(found)

    def write(self, path: Path, game: Game) -> None:
        """Write the certificates of all claims to a file.

        Raises
        ------
        OptionError
            If the file cannot be written.
        SolverError
            If there is none, or one is not proven; no file is written then.
        """
        texts = [_text_of(part.lines_in_own_units(game)) for part in self.parts]
        if not texts:
            raise SolverError("there is no certificate: the run ended before it had a bound")
        try:
            with path.open("w", encoding="utf-8") as file:
                file.writelines(itertools.chain.from_iterable(texts))
        except OSError as error:
            raise OptionError(f"the certificate cannot be written to {path}: {error.strerror}") from None

    def lines_in_own_units(self, game: Game) -> Iterator[Any]:
        """As :meth:`lines`, about the game itself where the search ran on its standard form or on a reduced game.

        Parameters
        ----------
        game
            The game that was asked about. What is left of it may be given instead: then the lines are about that.

        Raises
        ------
        SolverError
            If there is no claim, or nothing proves it.
        """
        own = self._reduction_of(game)
        if not self.summed:
            yield from self._lines_after(game, own)
            return
        claim = self._settled_claim()
        weights = claim.weights if own is None else own.weights_out(claim.weights)
        yield sum_header(game, claim, weights, len(self.summed))
        for part in self.summed:
            if part.summed:
                raise SolverError("there is no certificate: a part of a sum is a sum itself")
            yield from part._lines_after(game, part._reduction_after(own, game), weights)

    def _reduction_of(self, game: Game) -> Reduction | None:
        """What has been removed from a game, if anything has."""
        reduction = self.reduction
        if reduction is None or reduction.changes_nothing or game.same_as(reduction.reduced):
            return None
        return reduction

    def _reduction_after(self, first: Reduction | None, game: Game) -> Reduction | None:
        """What is removed from a game by a reduction of the whole and then by this one of what it leaves."""
        own = self._reduction_of(game if first is None else first.reduced)
        return own if first is None else first if own is None else own.after(first)

    def _lines_after(self, game: Game, reduction: Reduction | None, like: FloatArray | None = None) -> Iterator[Any]:
        """The lines about a game from which something may have been removed before the search.

        Where states were merged, their weights are about in the proportions of ``like``.
        """
        lines = self._lines_of_search(game if reduction is None else reduction.reduced)
        header = next(lines)
        if reduction is not None:
            if header["format"] in (POLICY_FORMAT, WIDER_FORMAT):
                raise SolverError("no certificate covers rows on the leader's policy of a reduced game")
            states = reduction.states.tolist()
            header |= {
                "format": REDUCED_FORMAT,
                "game_hash": game.content_hash,
                "weights": reduction.weights_out(np.array(header["weights"]), like).tolist(),
                "floor": [[states[state], least] for state, least in header["floor"]],
                "reduction": [one.to_dict() for one in reduction.rounds],
            }
        yield header
        yield from lines

    def _lines_of_search(self, game: Game) -> Iterator[Any]:
        """As :meth:`lines`, about the game itself where the search ran on its standard form."""
        if self.form is None:
            yield from self.lines(game)
            return
        lines = self.lines(self.form.standard)
        ignored = [] if self.form.ignored is None else np.flatnonzero(self.form.ignored).tolist()
        yield {**next(lines), "game_hash": game.content_hash, "units": units_of(self.form), "ignored": ignored}
        yield from lines

    def _settled_claim(self) -> Claim:
        """The claim, if there is one that can be written."""
        if self.failure is not None:
            raise self.failure
        if self.claim is None:
            raise SolverError("there is no certificate: nothing is claimed")
        return self.claim

    def lines(self, game: Game) -> Iterator[Any]:
        """The values of the lines of the certificate of the claim, about the game that the search ran on.

        Raises
        ------
        SolverError
            If there is no claim, or nothing proves it.
        """
        claim = self._settled_claim()
        tree, values = TreeLines(self.root, self.form, claim), self._values()
        proof = self._kind_of_proof(game, claim, tree)
        flat, payoffs = proof in ("u", "h"), self._payoffs()
        box, wider, higher = follower_value_bounds(game), *rounding_of(self.form)
        policy = claim.policy
        conditional = range(game.num_states) if claim.values is not None else tree.conditional(game)
        yield {
            "format": REDUCED_FORMAT if flat else _format_of(claim),
            "game_hash": game.content_hash,
            "units": None,
            "ignored": [],
            "weights": claim.weights.tolist(),
            "bound": None if claim.bound == -math.inf else float(claim.bound),
            "margin": float(claim.margin),
            "floor": [[state, float(least)] for state, least in claim.floor.items()],
            "values": None if claim.values is None else claim.values.tolist(),
            "slack": claim.slack,
            "sweeps": 0 if flat else SWEEPS,
            "lower": (box.lower - wider).tolist(),
            "upper": (box.upper + wider).tolist(),
            "conditional": [] if flat else list(conditional),
            "ceiling": (leader_ceiling(game) + higher).tolist() if proof == "c" else None,
            **({} if policy is None else {"policy": policy.to_lists()}),
            **(policy.wider_lists() if policy is not None and claim.in_wider_format else {}),
            **({"reduction": []} if flat else {}),
        }
        match proof:
            case "l":
                yield from tree.lines(game)
            case "u" if values is not None:
                yield from values.lines()
            case "h" if payoffs is not None:
                yield from payoffs.lines()
            case "z":
                yield ["z", [[mix.tolist(), values.tolist()] for mix, values in self.defences]]
            case _:
                yield ["c"]

    @property
    def follower_rounding(self) -> float:
        """By how much the follower's rewards of the game that the search runs on may be off, in its units."""
        return rounding_of(self.form)[0]

    def _values(self) -> ValueLines | None:
        return None if self.value_tree is None else ValueLines(tree=self.value_tree, form=self.form)

    def _payoffs(self) -> PayoffLines | None:
        return None if self.payoffs is None else PayoffLines(bound=self.payoffs)

    def _kind_of_proof(self, game: Game, claim: Claim, tree: TreeLines) -> str:
        """Whether the tree, values, payoff sets, the follower's mixed policies or the ceiling prove a bound."""
        bound = claim.bound
        if not (math.isfinite(bound) or (claim.demanding and bound < 0.0)):
            raise SolverError(f"there is no certificate of the bound {bound!r}: it must be finite")
        values = self._values()
        shown = None if values is None else values.shown(claim)
        if shown is not None and math.isfinite(bound) and shown <= Fraction(bound):
            return "u"
        payoffs = self._payoffs()
        shown = None if payoffs is None else payoffs.shown(claim)
        if shown is not None and math.isfinite(bound) and shown <= Fraction(bound):
            return "h"
        if tree.proves(bound):
            return "l"
        if claim.values is None and self.defences:
            return "z"
        if claim.values is None and float(claim.weights @ leader_ceiling(game)) <= bound:
            return "c"
        raise SolverError(f"the bound {bound!r} rests on something that no certificate covers")


def _format_of(claim: Claim) -> str:
    """The oldest format that has a place for what a claim says of the policies."""
    if claim.policy is None:
        return FORMAT
    return WIDER_FORMAT if claim.in_wider_format else POLICY_FORMAT


def _text_of(lines: Iterator[Any]) -> list[str]:
    """The lines of a file: the header with spaces, by which it is known, the nodes without."""
    return [f"{json.dumps(next(lines))}\n", *(json.dumps(node, separators=(",", ":")) + "\n" for node in lines)]


def prepared_recorder(path: Path) -> Recorder:
    """A recorder for a run whose certificate goes to a file.

    Raises
    ------
    OptionError
        If the file cannot be written: before the work, not after it.
    """
    if path.is_dir() or not path.parent.is_dir():
        raise OptionError(f"the certificate cannot be written to {path}: name a file in a folder that exists")
    return Recorder()
