"""Games with one state and no future: the classics of commitment to mixed strategies.

Row player leads, column player follows. With one state and both discounts 0 the value of the game is the payoff that
the source prints. The optimum comes from one linear program per column (Conitzer & Sandholm, EC 2006): the best mix
among those to which this column is a best response; all values below were computed that way, apart from this package.

Three of them deserve a second look. In *Maintain* the printed equilibrium is that of pure commitment; mixing earns
27.5 instead of 20. In *Battle*, as Table 1 of its paper has it, the printed value is not optimal. And the game
that the same paper calls *battle* in Table 3 is a different one.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from ssg_mip.base.rules import one_of
from ssg_mip.game.game import Game
from ssg_mip.library.payoffs import bimatrix_game

CONITZER_SANDHOLM = "Conitzer & Sandholm, Computing the Optimal Strategy to Commit to, EC 2006, as tested in OpenSpiel"
LETCHFORD = "Letchford, MacDermed, Conitzer, Parr & Isbell, AAAI 2012, Example 1 (Figure 1)"
BILEVEL = "Zhang et al., Bi-level Actor-Critic for Multi-agent Coordination, AAAI 2020, Table 1"
LEARNING = "Asymmetric Learning Dynamics for Reaching Stackelberg Equilibrium (2025, under review), "
PARUCHURI = "Paruchuri et al., AAMAS 2008 (DOBSS), introduction: the follower of the first type alone"

Matrix = tuple[tuple[float, ...], ...]


@dataclasses.dataclass(frozen=True)
class MatrixGame:
    """Payoffs ``[row][column]`` and the optimal commitment.

    Attributes
    ----------
    leader, follower
        Payoffs.
    source
        Where the game is printed.
    mix, answer
        An optimal commitment and the column it makes the follower play (ties in the leader's favour).
    values
        What leader and follower earn under it.
    pure_values
        What they earn under the best pure commitment.
    note
        A remark on the printed value.
    """

    leader: Matrix
    follower: Matrix
    source: str
    mix: tuple[float, ...]
    answer: int
    values: tuple[float, float]
    pure_values: tuple[float, float]
    note: str = ""


MATRIX_GAMES: dict[str, MatrixGame] = {
    "conitzer_sandholm_0": MatrixGame(
        leader=((2, 4), (1, 3)),
        follower=((1, 0), (0, 1)),
        source=CONITZER_SANDHOLM,
        mix=(0.5, 0.5),
        answer=1,
        values=(3.5, 0.5),
        pure_values=(3, 1),
    ),
    "conitzer_sandholm_1": MatrixGame(
        leader=((2, 0, 0), (1, 0, 0)),
        follower=((0, 2, 5), (0, -1, -4)),
        source=CONITZER_SANDHOLM,
        mix=(1 / 3, 2 / 3),
        answer=0,
        values=(4 / 3, 0),
        pure_values=(1, 0),
    ),
    "letchford_fig1": MatrixGame(
        leader=((1, 3), (0, 2)),
        follower=((1, 0), (0, 1)),
        source=LETCHFORD,
        mix=(0.5, 0.5),
        answer=1,
        values=(2.5, 0.5),
        pure_values=(2, 1),
        note="the value is a supremum if ties go against the leader: (1/2 - e, 1/2 + e) earns 5/2 - e",
    ),
    "escape": MatrixGame(
        leader=((15, 10, 0), (10, 10, 0), (0, 0, 30)),
        follower=((15, 10, 0), (10, 10, 0), (0, 0, 30)),
        source=BILEVEL + "a",
        mix=(0, 0, 1),
        answer=2,
        values=(30, 30),
        pure_values=(30, 30),
    ),
    "maintain": MatrixGame(
        leader=((20, 0, 0), (30, 10, 0), (0, 0, 5)),
        follower=((15, 0, 0), (0, 5, 0), (0, 0, 10)),
        source=BILEVEL + "b",
        mix=(0.25, 0.75, 0),
        answer=0,
        values=(27.5, 3.75),
        pure_values=(20, 15),
        note="the paper prints 20, which is the best pure commitment",
    ),
    "battle_of_table_1": MatrixGame(
        leader=((5, 0), (0, 2)),
        follower=((1, 0), (0, 2)),
        source=LEARNING + "Table 1",
        mix=(1, 0),
        answer=0,
        values=(5, 1),
        pure_values=(5, 1),
        note="the paper prints 10/3; but the first row alone makes the first column the strict best response: 5",
    ),
    "dobss_type_1": MatrixGame(
        leader=((2, 4), (1, 3)),
        follower=((1, 0), (0, 2)),
        source=PARUCHURI,
        mix=(2 / 3, 1 / 3),
        answer=1,
        values=(11 / 3, 2 / 3),
        pure_values=(3, 2),
    ),
    "prisoners_dilemma": MatrixGame(
        leader=((-1, -3), (0, -2)),
        follower=((-1, 0), (-3, -2)),
        source=LEARNING + "Table 3",
        mix=(0, 1),
        answer=1,
        values=(-2, -2),
        pure_values=(-2, -2),
    ),
    "stag_hunt": MatrixGame(
        leader=((0, -3), (-1, -2)),
        follower=((0, -1), (-3, -2)),
        source=LEARNING + "Table 3",
        mix=(1, 0),
        answer=0,
        values=(0, 0),
        pure_values=(0, 0),
    ),
    "assurance": MatrixGame(
        leader=((1, -2), (0, -1)),
        follower=((0, -1), (-2, -3)),
        source=LEARNING + "Table 3",
        mix=(1, 0),
        answer=0,
        values=(1, 0),
        pure_values=(1, 0),
    ),
    "coordination": MatrixGame(
        leader=((0, -2), (0, -3)),
        follower=((0, -3), (-2, -3)),
        source=LEARNING + "Table 3",
        mix=(0, 1),
        answer=0,
        values=(0, -2),
        pure_values=(0, 0),
    ),
    "mixed_harmony": MatrixGame(
        leader=((0, -1), (-1, -3)),
        follower=((0, -3), (-1, -3)),
        source=LEARNING + "Table 3",
        mix=(1, 0),
        answer=0,
        values=(0, 0),
        pure_values=(0, 0),
    ),
    "harmony": MatrixGame(
        leader=((0, -1), (-2, -3)),
        follower=((0, -2), (-1, -3)),
        source=LEARNING + "Table 3",
        mix=(1, 0),
        answer=0,
        values=(0, 0),
        pure_values=(0, 0),
    ),
    "no_conflict": MatrixGame(
        leader=((0, -2), (-1, -3)),
        follower=((-1, -3), (0, -2)),
        source=LEARNING + "Table 3",
        mix=(1, 0),
        answer=0,
        values=(0, -1),
        pure_values=(0, -1),
    ),
    "deadlock": MatrixGame(
        leader=((-2, -3), (-1, 0)),
        follower=((-2, 0), (-3, -1)),
        source=LEARNING + "Table 3",
        mix=(0, 1),
        answer=1,
        values=(0, -1),
        pure_values=(0, -1),
    ),
    "prisoners_delight": MatrixGame(
        leader=((0, -2), (-1, -3)),
        follower=((0, -3), (-2, -1)),
        source=LEARNING + "Table 3",
        mix=(1, 0),
        answer=0,
        values=(0, 0),
        pure_values=(0, 0),
    ),
    "hero": MatrixGame(
        leader=((0, -3), (-2, -1)),
        follower=((-3, -1), (0, -2)),
        source=LEARNING + "Table 3",
        mix=(0.5, 0.5),
        answer=0,
        values=(-1, -1.5),
        pure_values=(-2, 0),
    ),
    "battle": MatrixGame(
        leader=((-1, -2), (-2, -3)),
        follower=((-2, -3), (-1, 0)),
        source=LEARNING + "Table 3",
        mix=(1, 0),
        answer=0,
        values=(-1, -2),
        pure_values=(-1, -2),
    ),
    "chicken": MatrixGame(
        leader=((-1, -2), (0, -3)),
        follower=((-1, 0), (-2, -3)),
        source=LEARNING + "Table 3",
        mix=(0, 1),
        answer=0,
        values=(0, -2),
        pure_values=(0, -2),
    ),
}
"""The games by name."""

_LABELS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "escape": (("A", "B", "C"), ("X", "Y", "Z")),
    "maintain": (("A", "B", "C"), ("X", "Y", "Z")),
    "letchford_fig1": (("U", "D"), ("L", "R")),
}


def matrix_game(name: str = "maintain") -> Game:
    """One of :data:`MATRIX_GAMES`.

    Raises
    ------
    OptionError
        If there is no such game.
    """
    one_of(MATRIX_GAMES).check("name", name)
    matrix = MATRIX_GAMES[name]
    rows = tuple(f"row {index + 1}" for index in range(len(matrix.leader)))
    columns = tuple(f"column {index + 1}" for index in range(len(matrix.leader[0])))
    rows, columns = _LABELS.get(name, (rows, columns))
    return bimatrix_game(
        matrix.leader,
        matrix.follower,
        rows=rows,
        columns=columns,
        name=name.replace("_", " "),
        source=matrix.source,
        known=_known(matrix, rows, columns),
    )


def _known(matrix: MatrixGame, rows: tuple[str, ...], columns: tuple[str, ...]) -> dict[str, Any]:
    known: dict[str, Any] = {
        "leader_value": float(matrix.values[0]),
        "follower_value": float(matrix.values[1]),
        "weak_leader_value": float(matrix.values[0]),
        "leader_policy": {"s": {row: float(weight) for row, weight in zip(rows, matrix.mix, strict=True)}},
        "follower_policy": {"s": columns[matrix.answer]},
        "pure_leader_value": float(matrix.pure_values[0]),
        "pure_follower_value": float(matrix.pure_values[1]),
    }
    return {**known, "note": matrix.note} if matrix.note else known
