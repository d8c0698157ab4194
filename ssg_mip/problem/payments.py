r"""Payments to the follower: the leader commits to what he adds to the follower's reward, beside what he plays.

A *schedule* says what is paid for each answer in a state. From a finite menu the leader chooses one, or a lottery over
several, in every state; both players are indifferent between a lottery and its expected amounts. The schedules become
leader actions: "``a``, schedule ``k``" plays ``a``, adds ``p_k(s, b)`` to the follower's reward for the answer ``b``
and takes ``cost`` times as much from the leader's. The made game is an ordinary one, and everything that is proven
about it is proven about the payments.

*Continuous payments* ``0 <= p(b|s) <= most(s, b)`` are lotteries over "nothing" and "``most`` for ``b`` alone". That
loses nothing: of a policy, payments and the follower's answer ``g`` keep the payment for ``g(s)`` alone. No other
answer gains by that and ``g`` loses nothing, so it stays a best answer, in the whole game, with both players' values as
they were; and one payment between 0 and ``most`` is such a lottery. (With several types of follower answers differ, and
the argument fails, as it does for followers who mix or forgo: give a menu then.) So continuous payments, too, are
solved to proof.

Payments may be bounded beside their caps: *promised* is ``sum_s sum_b p(b|s)``, over all states whether they are
visited or not; *spent* is what is paid in expectation on the way from the start, discounted as the leader's rewards
are.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np

from ssg_mip.base.rules import NOT_NEGATIVE, checked, instance_of, optional, shown
from ssg_mip.errors import OptionError
from ssg_mip.game.game import GAME, Game
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.problem.finite_horizon import by_action
from ssg_mip.problem.follower import Follower, Rational
from ssg_mip.problem.followers.myopic import Myopic
from ssg_mip.problem.origin import Origin, Played
from ssg_mip.problem.policy_space import PolicyRow, PolicySpace
from ssg_mip.problem.problem import Problem
from ssg_mip.problem.wider_rows import CostRow

PAYMENTS_TOLD = "payments"
"""Name under which an answer says what is paid."""

NOTHING = "nothing"
"""The schedule that every state has."""

SHOWN = 1e-9
"""Amounts up to this are the rounding of a lottery's probabilities, and no promise."""

PROMISED, SPENT = "promised", "spent"
"""Names of the rows that bound payments."""

MENU = instance_of(Mapping, "{schedule: {(state, follower action): amount}}")
"""What a menu must be."""

MOST = instance_of((int, float, np.integer, np.floating, Mapping), "a number, or {(state, follower action): most}")
"""What the caps of payments must be."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Schedule:
    """What is paid for each answer in a state, shape ``[follower actions]``, under a name."""

    name: str
    amounts: FloatArray


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Payments(Origin):
    """A game whose leader may pay.

    Attributes
    ----------
    game
        Without payments.
    schedules
        The schedules of every state, "nothing" first; the made game has a leader action for each pair of an action and
        a schedule, schedules changing fastest.
    singly
        Whether every schedule pays for one answer alone, in place of all payments up to a cap.
    """

    game: Game
    schedules: tuple[tuple[Schedule, ...], ...]
    singly: bool = False

    def refusal(self, follower: Follower, space: PolicySpace) -> str | None:
        """Lotteries over single payments are enough for one best answer, and not for answers that are mixed."""
        del space
        if not self.singly or isinstance(follower, (Rational, Myopic)):
            return None
        return (
            f"a {follower.words} is asked for beside payments of any amount, which are lotteries over a payment for "
            "one answer alone and lose nothing where he gives one best answer: offer schedules with with_menu"
        )

    def meant_by(self, name: str) -> tuple[int, ...]:
        """The state of that name."""
        return (self.game.state_names.index(name),) if name in self.game.state_names else ()

    def told(self, game: Game, played: Played) -> Mapping[str, Any]:
        """``payments``: by state the mix over actions, what each answer is paid, the answer and what it is paid."""
        del game
        by_state = {name: self._of_state(s, played) for s, name in enumerate(self.game.state_names)}
        return {PAYMENTS_TOLD: by_state}

    def _of_state(self, state: int, played: Played) -> dict[str, Any]:
        own, answers = self.game.leader_actions[state], self.game.follower_actions[state]
        schedules = self.schedules[state]
        shares = played.leader.probabilities[state][: len(own) * len(schedules)].reshape(len(own), len(schedules))
        amounts = shares.sum(axis=0) @ np.array([schedule.amounts for schedule in schedules])
        answer = int(played.follower.actions[state])
        return {
            "policy": by_action(own, shares.sum(axis=1)),
            "promised": {name: float(amount) for name, amount in zip(answers, amounts, strict=True) if amount > SHOWN},
            "answer": answers[answer],
            "paid": float(amounts[answer]),
        }

    def paid(self) -> FloatArray:
        """What is paid in every row ``(s, a, b)`` of the made game."""
        rows = [
            np.tile(np.array([schedule.amounts for schedule in own]), (len(actions), 1)).ravel()
            for actions, own in zip(self.game.leader_actions, self.schedules, strict=True)
        ]
        return np.concatenate(rows)

    def promised(self) -> FloatArray:
        """What is promised for all answers together by every leader action of the made game."""
        sums = [
            np.tile([float(schedule.amounts.sum()) for schedule in own], len(actions))
            for actions, own in zip(self.game.leader_actions, self.schedules, strict=True)
        ]
        return np.concatenate(sums)


@checked(game=GAME, at_most=MOST, cost=NOT_NEGATIVE, promised=optional(NOT_NEGATIVE), spent=optional(NOT_NEGATIVE))
def with_payments(
    game: Game,
    at_most: float | Mapping[tuple[str, str], float],
    *,
    cost: float = 1.0,
    promised: float | None = None,
    spent: float | None = None,
) -> Problem:
    """The problem of a leader who may pay any amount up to a cap for each answer of the follower.

    Parameters
    ----------
    game
        Without payments.
    at_most
        The largest payment for one answer, in the follower's reward units: one number for all answers of the states
        where he has a choice, or ``{(state, follower action): most}``; nothing is paid for others.
    cost
        What a payment of 1 takes from the leader's reward; 0 if only its amount is limited.
    promised
        The most that may be promised over all states and answers together.
    spent
        The most that may be spent in expectation on the way from the start, discounted as the leader's rewards are.

    Returns
    -------
    Problem
        About the game in which payments are leader actions, ``"action, 2 for answer"``.

    Raises
    ------
    OptionError
        If a number is out of range or a name is unknown.
    """
    schedules = _capped(game, at_most) if isinstance(at_most, Mapping) else _capped_everywhere(game, at_most)
    return _problem(Payments(game=game, schedules=schedules, singly=True), cost, promised, spent)


@checked(game=GAME, menu=MENU, cost=NOT_NEGATIVE, promised=optional(NOT_NEGATIVE), spent=optional(NOT_NEGATIVE))
def with_menu(
    game: Game,
    menu: Mapping[str, Mapping[tuple[str, str], float]],
    *,
    cost: float = 1.0,
    promised: float | None = None,
    spent: float | None = None,
) -> Problem:
    """The problem of a leader who chooses a payment schedule, or a lottery over some, from a menu in every state.

    Parameters
    ----------
    game
        Without payments.
    menu
        ``{schedule: {(state, follower action): amount}}``. A schedule is offered in the states that it names; nothing
        may be paid in every state.
    cost, promised, spent
        As in :func:`with_payments`.

    Returns
    -------
    Problem
        About the game in which schedules are leader actions, ``"action, schedule"``.

    Raises
    ------
    OptionError
        If a number is out of range or a name is unknown.
    """
    offered: list[list[Schedule]] = [[_nothing(game, s)] for s in range(game.num_states)]
    for name, amounts in menu.items():
        if str(name) == NOTHING:
            raise OptionError(f"menu has a schedule {NOTHING!r}, which every state has already; choose another name")
        MENU.check(f"menu[{name}]", amounts)
        for state, own in _by_state(game, f"menu[{name}]", amounts).items():
            offered[state].append(Schedule(name=str(name), amounts=own))
    return _problem(Payments(game=game, schedules=tuple(map(tuple, offered))), cost, promised, spent)


def _nothing(game: Game, state: int) -> Schedule:
    return Schedule(name=NOTHING, amounts=np.zeros(int(game.follower_counts[state])))


def _capped_everywhere(game: Game, most: float) -> tuple[tuple[Schedule, ...], ...]:
    NOT_NEGATIVE.check("at_most", most)
    caps = [np.full(count, float(most)) if count > 1 else np.zeros(count) for count in map(int, game.follower_counts)]
    return tuple(_of_caps(game, state, own) for state, own in enumerate(caps))


def _capped(game: Game, most: Mapping[Any, Any]) -> tuple[tuple[Schedule, ...], ...]:
    given = _by_state(game, "at_most", most)
    nothing = [np.zeros(count) for count in map(int, game.follower_counts)]
    return tuple(_of_caps(game, state, given.get(state, nothing[state])) for state in range(game.num_states))


def _of_caps(game: Game, state: int, caps: FloatArray) -> tuple[Schedule, ...]:
    """Nothing, and the largest payment for each answer alone."""
    single = [
        Schedule(
            name=f"{cap:g} for {game.follower_actions[state][b]}", amounts=np.where(np.arange(len(caps)) == b, cap, 0)
        )
        for b, cap in enumerate(caps.tolist())
        if cap > 0.0
    ]
    return (_nothing(game, state), *single)


def _by_state(game: Game, label: str, amounts: Mapping[Any, Any]) -> dict[int, FloatArray]:
    """Amounts per answer, for every state that is named."""
    found: dict[int, FloatArray] = {}
    for pair, amount in amounts.items():
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise OptionError(f"{label} has the key {shown(pair)}; it must be (state, follower action)")
        state, answer = _place(game, label, *pair)
        NOT_NEGATIVE.check(f"{label}[{pair[0]}, {pair[1]}]", amount)
        found.setdefault(state, np.zeros(int(game.follower_counts[state])))[answer] = float(amount)
    return found


def _place(game: Game, label: str, state: Any, answer: Any) -> tuple[int, int]:
    if str(state) not in game.state_names:
        raise OptionError(f"{label} names the unknown state {state!r}; states: {', '.join(game.state_names[:8])}")
    place = game.state_names.index(str(state))
    known = game.follower_actions[place]
    if str(answer) not in known:
        raise OptionError(
            f"{label} names the unknown follower action {answer!r} of state {state!r}; "
            f"there are: {', '.join(known[:8])}"
        )
    return place, known.index(str(answer))


def _problem(payments: Payments, cost: float, promised: float | None, spent: float | None) -> Problem:
    made = _made(payments, cost)
    rows = [] if promised is None else [_bounded(PROMISED, payments.promised(), promised)]
    costs = [] if spent is None else [CostRow(name=SPENT, costs=payments.paid(), upper=float(spent))]
    return Problem(made, policies=PolicySpace(rows=tuple(rows), costs=tuple(costs)), origin=payments)


def _bounded(name: str, coefficients: FloatArray, most: float) -> PolicyRow:
    return PolicyRow(name=name, coefficients=coefficients, upper=float(most))


def _made(payments: Payments, cost: float) -> Game:
    """The game in which every leader action comes with every schedule of its state."""
    game, rows = payments.game, _rows(payments)
    lengths = np.diff(game.indptr)[rows]
    places = np.repeat(game.indptr[:-1][rows], lengths) + _within(lengths)
    paid = payments.paid()
    return game.replace(
        name=f"{game.name} with payments",
        leader_actions=tuple(
            tuple(_named(action, schedule.name) for action in actions for schedule in own)
            for actions, own in zip(game.leader_actions, payments.schedules, strict=True)
        ),
        indptr=np.concatenate(([0], np.cumsum(lengths))),
        successors=game.successors[places],
        probabilities=game.probabilities[places],
        leader_rewards=game.leader_rewards[rows] - cost * paid,
        follower_rewards=game.follower_rewards[rows] + paid,
        known=None,
    )


def _rows(payments: Payments) -> IntArray:
    """The row of the game that every row of the made game repeats."""
    game = payments.game
    places = [
        np.repeat(
            np.arange(first, last).reshape(-1, int(game.follower_counts[s])), len(payments.schedules[s]), 0
        ).ravel()
        for s, (first, last) in enumerate(itertools.pairwise(game.row_offsets.tolist()))
    ]
    return np.concatenate(places)


def _within(lengths: IntArray) -> IntArray:
    """``0, 1, ...`` for every length in turn."""
    ends = np.cumsum(lengths)
    return np.arange(int(ends[-1])) - np.repeat(ends - lengths, lengths)


def _named(action: str, schedule: str) -> str:
    return action if schedule == NOTHING else f"{action}, {schedule}"
