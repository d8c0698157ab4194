r"""What an exact program may raise in the place of one weighted sum of the leader's values.

* :class:`LeastOf`: the least of several sums, in each of which the follower's values may count as well. Several starts,
  several types of the follower and a mix with the follower's value are of this kind.
* :class:`InTurn`: one weighted sum after the other, each above what the earlier ones have reached.

Neither is a weighted sum, so that a result says apart what it has reached of them (:class:`Reached`).
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

from ssg_mip.base.frozen import FrozenArrays
from ssg_mip.base.gap import gap_in_units
from ssg_mip.evaluation.standard_form import StandardForm
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray

NOISE = 64.0 * float(np.finfo(float).eps)
"""Share of the size of its terms by which a bound is raised when it is translated."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class LeastOf(FrozenArrays):
    """``L = min_k (leader[k] @ V + follower[k] @ v + constants[k]) - price @ f`` of both players' values.

    Attributes
    ----------
    kind
        What users call the goal.
    names
        What they call each sum.
    leader, follower
        Weights of at least 0, shape ``[sums, num_states]``.
    constants
        One number per sum.
    price
        What a probability of 1 costs, per leader slot; ``None`` for nothing.
    """

    kind: str
    names: tuple[str, ...]
    leader: FloatArray
    follower: FloatArray
    constants: FloatArray
    price: FloatArray | None = None

    @classmethod
    def of(cls, kind: str, names: tuple[str, ...], leader: FloatArray, follower: FloatArray | None = None) -> LeastOf:
        """Without constants, and by default without the follower's values."""
        count = np.zeros_like(leader) if follower is None else follower
        return cls(kind=kind, names=names, leader=leader, follower=count, constants=np.zeros(len(leader)))

    def each(self, leader: FloatArray, follower: FloatArray) -> FloatArray:
        """Every sum at both players' values, shape ``[num_states]`` each."""
        found: FloatArray = self.leader @ leader + self.constants
        return found + self.follower @ follower if self.follower.any() else found

    def paid(self, slots: FloatArray) -> float:
        """What probabilities per leader slot cost."""
        return 0.0 if self.price is None else float(self.price @ slots)

    def __call__(self, leader: FloatArray, follower: FloatArray, slots: FloatArray) -> float:
        """``L`` at both players' values and the leader's probabilities per slot."""
        return float(self.each(leader, follower).min()) - self.paid(slots)

    def size(self, leader: FloatArray, follower: FloatArray) -> float:
        """The largest sum of the sizes of the terms of a sum, at values of these sizes."""
        return float((self.leader @ leader + self.follower @ follower + np.abs(self.constants)).max())

    def into(self, form: StandardForm) -> LeastOf:
        """The same function of values in a standard form, in the leader's units there: ``L = unit * L'``."""
        leader, follower = form.leader, form.follower
        if leader.changes_nothing and follower.changes_nothing:
            return self
        states = self.leader.shape[1:]
        moved = self.leader @ np.broadcast_to(leader.base, states)
        if self.follower.any():
            moved = moved + self.follower @ np.broadcast_to(follower.base, states)
        return dataclasses.replace(
            self,
            follower=self.follower * (follower.unit / leader.unit),
            constants=(self.constants + moved) / leader.unit,
            price=None if self.price is None else self.price / leader.unit,
        )

    def rounding(self, form: StandardForm) -> float:
        """How far ``L`` may be off by the rounding of the rewards of a standard form."""
        own, other = float(self.leader.sum(axis=1).max()), float(self.follower.sum(axis=1).max())
        return own * form.leader.rounding + other * form.follower.rounding

    def sum_to_dict(self, game: Game, place: int) -> dict[str, Any]:
        """One sum as plain data."""
        follower = {"follower": by_state(game, self.follower[place])} if self.follower[place].any() else {}
        own = {"leader": by_state(game, self.leader[place]), **follower}
        return {**own, "constant": float(self.constants[place])}

    def options(self) -> dict[str, Any]:
        """As plain data, for the provenance."""
        parts = {"leader": self.leader.tolist(), "follower": self.follower.tolist()}
        price = {} if self.price is None else {"price": self.price.tolist()}
        return {"kind": self.kind, "names": list(self.names), **parts, **price}


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class InTurn(FrozenArrays):
    """Weighted sums of the leader's values, the first before the second, and so on.

    Attributes
    ----------
    weights
        At least 0, each row summing to one, shape ``[sums, num_states]``.
    tolerance
        How much of an earlier sum may be given up for a later one, in the units of the rewards.
    """

    weights: FloatArray
    tolerance: float

    @property
    def kind(self) -> str:
        """What users call the goal."""
        return "lexicographic"

    def into(self, form: StandardForm) -> InTurn:
        """The same in the units of a standard form."""
        return dataclasses.replace(self, tolerance=self.tolerance / form.leader.unit)

    def options(self) -> dict[str, Any]:
        """As plain data, for the provenance."""
        return {"kind": self.kind, "weights": self.weights.tolist(), "tolerance": self.tolerance}


Rising = LeastOf | InTurn
"""What is no weighted sum."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class ReachedLeast:
    """What has been reached of a :class:`LeastOf`.

    Attributes
    ----------
    what
        ``L``.
    bound
        Proven: no stationary leader policy that is allowed has a larger ``L``; infinite if nothing is proven.
    gap_scale
        What the gap is relative to: the size of ``L``, but at least a hundredth of its spread, and at most this.
    """

    what: LeastOf
    bound: float
    gap_scale: float

    def value(self, leader: FloatArray, follower: FloatArray, slots: FloatArray) -> float:
        """``L`` at both players' values and the leader's probabilities per slot."""
        return self.what(leader, follower, slots)

    def out(self, form: StandardForm, what: LeastOf, size: float) -> ReachedLeast:
        """The same of ``what`` in the units of a game, from its standard form; values there have at most a size."""
        unit = form.leader.unit
        bound = self.bound
        if what is not self.what and math.isfinite(bound):
            bound = unit * bound + what.rounding(form) + NOISE * max(size, abs(unit * bound))
        return ReachedLeast(what=what, bound=bound, gap_scale=unit * self.gap_scale)

    def to_dict(self, game: Game, leader: FloatArray, follower: FloatArray, slots: FloatArray | None) -> dict[str, Any]:
        """As plain data; ``None`` for what is unknown. ``slots`` is missing without a policy."""
        each = self.what.each(leader, follower).tolist()
        value = math.nan if slots is None else self.value(leader, follower, slots)
        paid = {} if self.what.price is None or slots is None else {"paid": self.what.paid(slots)}
        return {
            "kind": self.what.kind,
            "value": _finite(value),
            "bound": _finite(self.bound),
            "relative_gap": _finite(gap_in_units(value, self.bound, self.gap_scale)),
            "gap_scale": self.gap_scale,
            "sums": [
                {"name": name, "value": _finite(own), **self.what.sum_to_dict(game, k)}
                for k, (name, own) in enumerate(zip(self.what.names, each, strict=True))
            ],
            **({} if self.what.price is None else {"price": by_slot(game, self.what.price)}),
            **paid,
        }


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Step:
    """What has been proven of one of several sums that are maximised in turn.

    Attributes
    ----------
    weights
        Of the sum.
    bound
        Proven: no stationary leader policy that is allowed, and gives the earlier sums at least what they were held to,
        has a larger one; infinite if nothing is proven.
    least
        What later steps hold the sum to: its value, less what may be given up; ``-inf`` of the last one.
    """

    weights: FloatArray
    bound: float
    least: float

    @property
    def given_up(self) -> float:
        """By how much at most the sum lies below the best there is, so that later ones may rise."""
        return self.bound - self.least

    def out(self, form: StandardForm) -> Step:
        """The same in the units of a game, from its standard form."""
        bound = form.leader.upper_out(self.bound, self.weights)
        least = form.leader.value_out(self.least, self.weights)
        return dataclasses.replace(self, bound=bound, least=least - form.leader.rounding)

    def to_dict(self, game: Game, leader: FloatArray) -> dict[str, Any]:
        """As plain data."""
        return {
            "weights": by_state(game, self.weights),
            "value": _finite(float(self.weights @ leader)),
            "bound": _finite(self.bound),
            "held_to": _finite(self.least),
            "given_up": _finite(self.given_up),
        }


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class ReachedInTurn:
    """What has been reached of an :class:`InTurn`, sum by sum.

    Fewer steps than sums where a limit came before the others were begun.
    """

    what: InTurn
    steps: tuple[Step, ...]

    def out(self, form: StandardForm, what: InTurn) -> ReachedInTurn:
        """The same of ``what`` in the units of a game, from its standard form."""
        return ReachedInTurn(what=what, steps=tuple(step.out(form) for step in self.steps))

    def to_dict(self, game: Game, leader: FloatArray, follower: FloatArray, slots: FloatArray | None) -> dict[str, Any]:
        """As plain data."""
        del follower, slots
        steps = [step.to_dict(game, leader) for step in self.steps]
        whole = {"kind": self.what.kind, "weights": self.what.weights.tolist(), "tolerance": self.what.tolerance}
        return {**whole, "steps": steps}


Reached = ReachedLeast | ReachedInTurn
"""What a result says of a goal."""


def by_state(game: Game, numbers: FloatArray) -> dict[str, float]:
    """One number for each state, by name."""
    return dict(zip(game.state_names, numbers.tolist(), strict=True))


def by_slot(game: Game, numbers: FloatArray) -> dict[str, dict[str, float]]:
    """One number for each leader slot, by the names of state and action."""
    rows = np.split(numbers, game.leader_offsets[1:-1])
    named = zip(game.state_names, game.leader_actions, rows, strict=True)
    return {state: dict(zip(actions, row.tolist(), strict=True)) for state, actions, row in named}


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
