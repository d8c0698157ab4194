"""Equilibria of one round: Stackelberg with pure and with mixed commitment, Nash in pure and in all strategies.

Mixed commitment takes one linear program per column (Conitzer & Sandholm, EC 2006). All Nash equilibria, the extreme
ones where there are infinitely many, come from Gambit (the ``nash`` extra); each is checked before it is counted.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from ssg_mip.errors import OptionError
from ssg_mip.numerics.array_types import FloatArray

REGRET = 1e-6
"""What either player may gain by deviating from what counts as an equilibrium: Gambit works in floating point here."""

_INSTALL = "all Nash equilibria need pygambit; install it with: python -m pip install 'ssg_mip[nash]'"


@dataclasses.dataclass(frozen=True)
class Payoffs:
    """What both players get."""

    leader: float
    follower: float


@dataclasses.dataclass(frozen=True)
class JointAction:
    """A row, a column, and what both get there."""

    row: int
    column: int
    payoffs: Payoffs


def cooperation_level(leader: FloatArray, follower: FloatArray) -> float:
    """The correlation of both payoffs over all pure joint policies (Zhang et al., equation 6)."""
    mine, theirs = leader - leader.mean(), follower - follower.mean()
    return float((mine * theirs).sum() / np.sqrt((mine**2).sum() * (theirs**2).sum()))


def pure_commitment(leader: FloatArray, follower: FloatArray) -> Payoffs:
    """The best row, each answered by the follower's best column; ties in the leader's favour.

    This is the equilibrium of Zhang et al., and the value of a game whose follower sees the realised action.
    """
    best = follower.max(axis=1, keepdims=True)
    gains = np.where(follower == best, leader, -np.inf)
    row = int(gains.max(axis=1).argmax())
    return Payoffs(float(gains[row].max()), float(best[row, 0]))


def mixed_commitment(leader: FloatArray, follower: FloatArray) -> Payoffs:
    """The best mixed row strategy: for each column, the best one to which this column is a best answer."""
    from scipy.optimize import linprog

    found = Payoffs(-np.inf, -np.inf)
    rows = len(leader)
    for column in range(leader.shape[1]):
        solution = linprog(
            -leader[:, column],
            A_ub=(follower - follower[:, [column]]).T,
            b_ub=np.zeros(leader.shape[1]),
            A_eq=np.ones((1, rows)),
            b_eq=[1.0],
            bounds=(0.0, 1.0),
            method="highs",
        )
        if solution.status == 0 and -solution.fun > found.leader:
            found = Payoffs(float(-solution.fun), float(solution.x @ follower[:, column]))
    return found


def pure_equilibria(leader: FloatArray, follower: FloatArray) -> list[JointAction]:
    """The Nash equilibria in pure strategies, weak ones included."""
    stable = (leader == leader.max(axis=0)) & (follower == follower.max(axis=1, keepdims=True))
    return [
        JointAction(int(row), int(column), Payoffs(float(leader[row, column]), float(follower[row, column])))
        for row, column in zip(*np.nonzero(stable), strict=True)
    ]


def equilibria_of_two_by_two(leader: FloatArray, follower: FloatArray) -> list[Payoffs]:
    """What both get in the pure Nash equilibria of a two-by-two game, and in the one in which both mix, if any.

    That is all of them where no payoff of a player equals its other one in the same column (row).
    """
    found = [one.payoffs for one in pure_equilibria(leader, follower)]
    rows, columns = follower[0] - follower[1], leader[:, 0] - leader[:, 1]
    across, down = rows[0] - rows[1], columns[0] - columns[1]
    if across == 0.0 or down == 0.0:
        return found
    x, y = (follower[1, 1] - follower[1, 0]) / across, (leader[1, 1] - leader[0, 1]) / down
    if 0.0 < x < 1.0 and 0.0 < y < 1.0:
        mine, theirs = np.array([x, 1.0 - x]), np.array([y, 1.0 - y])
        found.append(Payoffs(float(mine @ leader @ theirs), float(mine @ follower @ theirs)))
    return found


def all_equilibria(leader: FloatArray, follower: FloatArray) -> list[Payoffs]:
    """What both get in each extreme Nash equilibrium, pure ones included.

    Raises
    ------
    OptionError
        If pygambit is absent.
    """
    check_gambit()
    import pygambit

    game = pygambit.Game.from_arrays(leader, follower)
    found = []
    for profile in pygambit.nash.enummixed_solve(game, rational=False).equilibria:
        x, y = (np.array([float(profile[strategy]) for strategy in player.strategies]) for player in game.players)
        mine, theirs = float(x @ leader @ y), float(x @ follower @ y)
        if max((leader @ y).max() - mine, (x @ follower).max() - theirs) <= REGRET:
            found.append(Payoffs(mine, theirs))
    return found


def check_gambit() -> None:
    """Raise :class:`OptionError` if pygambit is absent."""
    try:
        import pygambit  # noqa: F401
    except ImportError:
        raise OptionError(_INSTALL) from None
