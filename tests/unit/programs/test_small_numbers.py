"""No file holds a coefficient too small to be read alike, nothing is cut off, and readers agree with presolve."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from ssg_mip import Game, read_instance
from ssg_mip.base.tolerances import SMALLEST_COEFFICIENT
from ssg_mip.errors import OptionError
from ssg_mip.programs.export import Form, Kind, export
from ssg_mip.programs.small_numbers import without_small_numbers
from tests.unit.programs.readers import LINEAR_READERS
from tests.unit.programs.test_export import nasty_game

GOLDEN = Path(__file__).parents[2] / "golden"
FORMS: tuple[Form, ...] = ("bilinear", "strong", "milp", "relaxation")
KINDS: tuple[Kind, ...] = ("improvement", "commitment")
OPTIMA: dict[tuple[str, Kind], float] = {
    ("medium_access", "improvement"): 0.09286952806,
    ("medium_access", "commitment"): 1.819784375,
    ("power_control", "improvement"): 46.70878766,
    ("power_control", "commitment"): 729.0391964522742,
}
"""Over deterministic policies; of the commitment programs by evaluating all of them."""


def coefficients(text: str) -> dict[str, list[float]]:
    """The sizes of the linear coefficients of every row of a file, the objective included, without those of 0."""
    head = text.partition("\nbounds\n")[0]
    rows: dict[str, list[float]] = {}
    for block in head.split("\n\n"):
        name = re.search(r"^(\S+):$", block, re.MULTILINE)
        if name is not None:
            found = re.findall(r"^([+-]\S+) \S+$", block.partition("\n+ [")[0], re.MULTILINE)
            rows[name[1]] = [abs(float(one)) for one in found if float(one) != 0.0]
    return rows


def too_small(text: str) -> list[str]:
    """Rows with a coefficient below the smallest that all readers take, relative to the largest of the row."""
    return [
        name
        for name, sizes in coefficients(text).items()
        if sizes and min(sizes) < SMALLEST_COEFFICIENT * max(1.0, *sizes)
    ]


def faint_game() -> Game:
    """A state without a say, rewards of rounding noise, and probabilities and start shares of 1e-12 and less."""
    transition = np.zeros((3, 2, 2, 3))
    transition[..., 0], transition[..., 1] = 1.0 - 1e-12, 1e-12
    transition[0, 1, :, 2], transition[0, 1, :, 0] = 1e-30, 1.0 - 1e-12
    transition[2] = [0.0, 0.0, 1.0]
    rewards = np.arange(12.0).reshape(3, 2, 2)
    leader, follower = np.where(rewards == 3, 1e-17, rewards), np.where(rewards == 6, -1e-32, 5.0 - rewards)
    leader[2] = follower[2] = 0.1 + 0.2 - 0.3
    return Game.from_arrays(
        transition, leader, follower, leader_discount=0.9, follower_discount=0.9, initial=[1.0 - 1e-11, 1e-11, 0.0]
    )


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("label", ["medium_access", "power_control", "faint", "nasty"])
def test_no_export_holds_a_coefficient_that_readers_ignore(label: str, kind: Kind, form: Form, tmp_path: Path) -> None:
    """At least 1e-9 of the largest in its row, and of 1, in every program and form."""
    game = {"faint": faint_game, "nasty": nasty_game}.get(label, lambda: read_instance(GOLDEN / f"{label}.json"))()
    text = export(game, tmp_path / "file.lp", kind, form).read_text()
    assert len(coefficients(text)) > 20
    assert too_small(text) == []


@pytest.mark.parametrize("reader", LINEAR_READERS)
@pytest.mark.parametrize(("label", "kind"), OPTIMA)
def test_every_reader_finds_the_optimum_of_collapsed_boxes(label: str, kind: Kind, reader: str, tmp_path: Path) -> None:
    """Presolve on, in GLPK and CBC too; HiGHS reads without a warning."""
    path = export(read_instance(GOLDEN / f"{label}.json"), tmp_path / "file.lp", kind, "milp")
    assert LINEAR_READERS[reader](path) == pytest.approx(OPTIMA[label, kind], rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("reader", LINEAR_READERS)
def test_every_reader_finds_the_bound_of_collapsed_boxes(reader: str, tmp_path: Path) -> None:
    """The relaxation is not below the optimum over deterministic policies, and here it is no higher."""
    for label in ("medium_access", "power_control"):
        path = export(read_instance(GOLDEN / f"{label}.json"), tmp_path / "file.lp", "commitment", "relaxation")
        assert LINEAR_READERS[reader](path) == pytest.approx(OPTIMA[label, "commitment"], rel=1e-5)


@pytest.mark.parametrize("reader", LINEAR_READERS)
@pytest.mark.parametrize("form", ["milp", "relaxation"])
def test_every_reader_agrees_on_faint_numbers(form: Form, reader: str, tmp_path: Path) -> None:
    """HiGHS and another reader on a file in which columns stand for what was dropped."""
    path = export(faint_game(), tmp_path / "faint.lp", "commitment", form)
    assert "absorbed_" in path.read_text()
    assert LINEAR_READERS[reader](path) == pytest.approx(LINEAR_READERS["highs"](path), rel=1e-6)


# -------------------------------------------------------------------- the rule itself

SMALL = """max
objective:
+1 x
+1e-12 y

s.t.

at_most:
+1 x
-1e-12 y
<= 3

at_least:
+1 x
-1e-12 y
+2e-12 z
>= 3

equal:
+1 x
+1e-10 y
= 3

noise:
+1 x
+1e-15 y
= 3

nothing:
+1e-15 x
+1e-15 y
<= 3

bounds
   0 <= x <= 10
   -4 <= y <= 2
   0 <= z <= 1
end
"""


def test_what_is_dropped_leaves_room_for_every_value_it_can_have() -> None:
    """The sides of inequalities move outwards, equalities and the objective get a column, noise its middle."""
    text = without_small_numbers(SMALL, lambda row: f"absorbed_{row}")
    sides = {row: Fraction(side) for row, side in re.findall(r"^(\w+):\n(?:[+-].*\n)+[<>]?= (\S+)$", text, re.M)}
    tiny = Fraction("1e-12")
    assert 0 <= sides["at_most"] - (3 + 2 * tiny) < tiny / 1000
    assert 0 <= (3 - 6 * tiny) - sides["at_least"] < tiny / 1000
    assert sides["equal"] == 3
    assert abs(sides["noise"] - (3 + tiny / 1000)) < tiny / 1000
    assert "equal:\n+1.0 absorbed_equal\n+1 x\n= 3" in text
    assert "nothing:\n+0 x\n<= 3.0" in text
    assert "objective:\n+1.0 absorbed_objective\n+1 x\n" in text
    bounds = {
        name: (float(low), float(high)) for low, name, high in re.findall(r"^ +(\S+) <= (\S+) <= (\S+)$", text, re.M)
    }
    assert bounds["absorbed_equal"] == pytest.approx((-4e-10, 2e-10))
    assert bounds["absorbed_objective"] == pytest.approx((-4e-12, 2e-12))
    assert too_small(text) == []
    assert too_small(SMALL) == ["objective", "at_most", "at_least", "equal", "noise", "nothing"]


@pytest.mark.parametrize("ends", ["-inf <= y <= 2", "-4 <= y <= +inf", "-4e9 <= y <= 2"])
def test_a_row_that_would_become_another_one_is_refused(ends: str) -> None:
    """A column without finite bounds, or one so wide that the dropped term counts."""
    with pytest.raises(OptionError, match=r"row 'objective' .* coefficient 1e-12 of y .*: give the rewards in units"):
        without_small_numbers(SMALL.replace("-4 <= y <= 2", ends), str)


def test_units_far_from_one_are_refused_with_the_remedy(tmp_path: Path) -> None:
    """With rewards of 1e12 the values themselves would be the small coefficients."""
    game = nasty_game(3)
    large = game.replace(leader_rewards=game.leader_rewards * 1e12, follower_rewards=game.follower_rewards * 1e12)
    for kind in KINDS:
        with pytest.raises(OptionError, match="give the rewards in units"):
            export(large, tmp_path / "large.lp", kind, "strong")
    assert list(tmp_path.iterdir()) == []
