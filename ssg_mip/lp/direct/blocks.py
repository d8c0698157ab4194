r"""A block of weights ``x(s,a,b)`` of joint actions, its products ``w(s,a,b,t) = x(s,a,b) v(t)``, and their rows.

The joint actions of a block are its *keys*, numbered from 0. Sums over keys are linear forms with keys in the place of
columns; times ``v(t)`` every ``x`` of such a sum becomes ``w(.., t)``, and a constant becomes that amount of ``v(t)``.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from ssg_mip.evaluation.value_bounds import ValueBounds
from ssg_mip.game.game import Game
from ssg_mip.lp.direct.sheet import Forms, Index, Sheet
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.numerics.ranges import expand, ranges
from ssg_mip.programs.coupling import Lists
from ssg_mip.programs.tags import NONE, Block, ColumnKind, RowKind


@dataclasses.dataclass(frozen=True, eq=False)
class Weights:
    """A block: its joint actions, and where weights and products stand.

    Attributes
    ----------
    rows
        The row of the game of each key, ascending.
    plain
        The column of each key.
    place, result
        What each product is of, ``key * num_states + t``, ascending, and its column.
    """

    game: Game
    block: Block
    rows: IntArray
    plain: IntArray
    place: IntArray
    result: IntArray

    @property
    def keys(self) -> IntArray:
        """All keys."""
        return np.arange(len(self.rows))

    @property
    def states(self) -> IntArray:
        """The state of each key."""
        return self.game.row_state[self.rows]

    @property
    def index(self) -> Index:
        """State, leader action and answer of each key."""
        return _index(self.game, self.rows)

    def of(self, sums: Forms) -> Forms:
        """Sums over keys, in the columns of the weights."""
        return dataclasses.replace(sums, column=self.plain[sums.column])

    def times(self, sums: Forms, states: IntArray) -> Forms:
        """Sums over keys, each term times the value of a state of its own."""
        place = np.searchsorted(self.place, sums.column * self.game.num_states + states)
        return dataclasses.replace(sums, column=self.result[place])


def _index(game: Game, rows: IntArray) -> Index:
    return {"s": game.row_state[rows], "a": game.row_leader[rows], "b": game.row_follower[rows]}


def add_values(sheet: Sheet, follower: ValueBounds) -> None:
    """The follower's values ``v`` within bounds: the box."""
    states = np.arange(len(follower.lower))
    sheet.box = sheet.add_columns(ColumnKind.VALUE, NONE, {"s": states}, follower.lower, follower.upper)


def add_weights(
    sheet: Sheet,
    game: Game,
    block: Block,
    rows: IntArray,
    near: tuple[IntArray, IntArray],
    top: float,
    follower: ValueBounds,
) -> Weights:
    """The weights of joint actions, ``0 <= x <= top``, and their products with the follower's values.

    Parameters
    ----------
    rows
        The joint actions, as rows of the game, ascending.
    near
        The products: keys, and the states whose values they are multiplied with.
    """
    key, state = near
    plain = sheet.add_columns(ColumnKind.WEIGHT, block.number, _index(game, rows), 0.0, top)
    low, high = np.minimum(0.0, top * follower.lower), np.maximum(0.0, top * follower.upper)
    index = {**_index(game, rows[key]), "t": state}
    result = sheet.add_columns(ColumnKind.PRODUCT, block.number, index, low[state], high[state])
    sheet.add_products(result, plain[key], state)
    return Weights(game, block, rows, plain, key * game.num_states + state, result)


def mass(weights: Weights) -> Forms:
    """``sum_ab x(s,a,b)`` in every state ``s``, over keys."""
    return Forms(weights.states, weights.keys, np.ones(len(weights.rows)))


def entering(weights: Weights) -> Forms:
    """``sum_{s',a,b} p(s|s',a,b) x(s',a,b)`` in every state ``s``, over keys."""
    key, place = expand(weights.game.indptr, weights.rows)
    return Forms(weights.game.successors[place], key, weights.game.probabilities[place])


@dataclasses.dataclass(frozen=True, eq=False)
class Equations:
    """Rows ``sums(s) == right(s)`` of some states, and each of them times ``v(t)`` for all ``t`` in ``near[s]``.

    ``kinds`` say what the plain and the multiplied rows are; ``sums`` over keys and ``right`` are numbered by state.
    """

    name: str
    kinds: tuple[RowKind, RowKind]
    states: IntArray
    sums: Forms
    right: FloatArray
    near: Lists


def add_equations(sheet: Sheet, weights: Weights, rows: Equations) -> None:
    """The plain rows, and the multiplied ones: ``sums(s) v(t) - right(s) v(t) == 0``."""
    number, states, right = weights.block.number, rows.states, rows.right[rows.states]
    rank = np.zeros(weights.game.num_states, dtype=np.int64)
    rank[states] = np.arange(len(states))
    base = dataclasses.replace(rows.sums, row=rank[rows.sums.row])
    sheet.add_rows(rows.name, rows.kinds[0], number, {"s": states}, weights.of(base), lower=right, upper=right)

    of, value = rows.near.of(states)  # the multiplied rows: base row, and state of the value
    starts = np.concatenate(([0], np.cumsum(rows.near.lengths[states])))
    term, row = expand(starts, base.row)
    products = weights.times(Forms(row, base.column[term], base.factor[term]), value[row])
    constants = Forms(np.arange(len(value)), sheet.box[value], right[of])
    index = {"s": states[of], "t": value}
    name, kind = f"{rows.name}_times_value", rows.kinds[1]
    sheet.add_rows(name, kind, number, index, products - constants, lower=0.0, upper=0.0, value=value)


def add_simplex_rows(sheet: Sheet, weights: Weights, states: IntArray, near: Lists) -> None:
    """``sum_ab x(s,a,b) = 1`` in some states, and times values."""
    kinds, ones = (RowKind.SIMPLEX, RowKind.SIMPLEX_TIMES_VALUE), np.ones(weights.game.num_states)
    add_equations(sheet, weights, Equations("simplex", kinds, states, mass(weights), ones, near))


def follower_lead(weights: Weights, row: IntArray, key: IntArray, action: IntArray, margin: float = 0.0) -> Forms:
    """``sum_a w(s,a,b,s) - sum_a [x(s,a,b) (r_B(s,a,b') + margin) + gamma_B sum_t p(t|s,a,b') w(s,a,b,t)]``.

    One summand for each key ``(s,a,b)`` and action ``b'``; those of the same row add up.
    """
    game = weights.game
    other = weights.rows[key] + action - game.row_follower[weights.rows[key]]  # (s, a, b') in the game
    step, place = expand(game.indptr, other)
    value = weights.times(Forms(row, key, np.ones(len(key))), weights.states[key])
    now = weights.of(Forms(row, key, game.follower_rewards[other] + margin))
    later = weights.times(Forms(row[step], key[step], game.probabilities[place]), game.successors[place])
    return value - (now + game.follower_discount * later)


def add_incentive_rows(sheet: Sheet, weights: Weights, margin: float) -> None:
    """The follower's rows ``own`` and ``incentive`` (:mod:`ssg_mip.programs.rows`) in all states of a block."""
    game, block = weights.game, weights.block
    answer = game.row_follower[weights.rows]
    slots, row = np.unique(game.row_follower_slot[weights.rows], return_inverse=True)
    states = game.follower_slot_state[slots]
    answers = slots - game.follower_offsets[states]
    own_forms = follower_lead(weights, row, weights.keys, answer)
    index = {"s": states, "b": answers}
    own = sheet.add_rows(f"{block.prefix}own", RowKind.OWN, block.number, index, own_forms, lower=0.0, upper=0.0)

    key, action = _other_actions(weights)
    most = int(game.follower_counts.max())
    places, pair = np.unique(row[key] * most + action, return_inverse=True)
    of, other = np.divmod(places, most)
    forms = follower_lead(weights, pair, key, action, margin)
    index = {"s": states[of], "b": answers[of], "c": other}
    incentive = sheet.add_rows(f"{block.prefix}incentive", RowKind.INCENTIVE, block.number, index, forms, lower=0.0)
    sheet.add_differences(incentive, own[of])


def _other_actions(weights: Weights) -> tuple[IntArray, IntArray]:
    """Pairs of a key ``(s,a,b)`` and an action ``b'`` of the follower other than ``b``."""
    counts = weights.game.follower_counts[weights.states]
    key, action = np.repeat(weights.keys, counts), ranges(np.zeros_like(counts), counts)
    other = action != weights.game.row_follower[weights.rows[key]]
    return key[other], action[other]
