"""Forms that are too large are refused before they fill the memory, and writing ends with its time limit."""

from __future__ import annotations

import itertools
import logging
from pathlib import Path

import pytest

from ssg_mip import LeaderPolicy, export
from ssg_mip.base.deadline import OutOfTime
from ssg_mip.errors import TooLargeError
from ssg_mip.library import random_game
from ssg_mip.programs import export as lp_file
from ssg_mip.programs.export import Form, Kind, build_program, lp_text
from ssg_mip.programs.program import given_up_quietly

LARGE = random_game(states=2000, leader_actions=4, follower_actions=4, successors=5)
SMALL = random_game()


@pytest.mark.parametrize("form", ["strong", "relaxation"])
def test_a_program_too_large_is_refused_with_a_form_that_is_not_and_nothing_is_written(
    form: Form, tmp_path: Path
) -> None:
    """400 states x 3 x 3 x 2 successors: 1,440,000 products there, at most 400 * 18 * 3 for each player here."""
    game = random_game(states=400, leader_actions=3, follower_actions=3, successors=2)
    with pytest.raises(TooLargeError, match=r"1,440,000 products.*use the form 'bilinear'"):
        export(game, tmp_path / "large.lp", program="improvement", form=form)
    assert not list(tmp_path.iterdir())
    # A joint action of the commitment program meets its own state and the six that its leader action can lead to.
    assert lp_file._products(game, "commitment", form) <= 400 * 9 * 7


@pytest.mark.parametrize("form", ["bilinear", "strong", "milp", "relaxation"])
def test_no_form_is_recommended_where_none_is_small_enough(form: Form, tmp_path: Path) -> None:
    with pytest.raises(TooLargeError, match=r"products.*export a smaller game"):
        export(LARGE, tmp_path / "large.lp", program="commitment", form=form)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("program", ["improvement", "commitment"])
@pytest.mark.parametrize("form", ["bilinear", "milp"])
def test_the_count_is_the_number_of_products_that_would_be_written(program: Kind, form: Form) -> None:
    """Counted before the program is written; in the MILP each product has become two rows."""
    written = build_program(SMALL, program, form, SMALL.initial, LeaderPolicy.uniform(SMALL))
    rows = len(written.products)
    if form == "milp":
        rows = len(written.model.scaled_w) // 2
    assert rows == lp_file._products(SMALL, program, form) > 0


def test_the_limit_is_on_products_and_spares_the_other_forms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A game of 3 x 2 x 2 has 36 products: written at the limit, refused above it."""
    monkeypatch.setattr(lp_file, "MOST_PRODUCTS", 36)
    assert export(SMALL, tmp_path / "strong.lp", program="commitment", form="strong").exists()
    monkeypatch.setattr(lp_file, "MOST_PRODUCTS", 35)
    with pytest.raises(TooLargeError, match="36 products"):
        export(SMALL, tmp_path / "again.lp", program="commitment", form="strong")
    assert export(SMALL, tmp_path / "milp.lp", program="commitment", form="milp").exists()


PROGRAMS: list[Kind] = ["improvement", "commitment"]
FORMS: list[Form] = ["bilinear", "strong", "milp", "relaxation"]


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("form", FORMS)
def test_writing_looks_at_the_clock_at_every_product_and_every_row(
    program: Kind, form: Form, caplog: pytest.LogCaptureFixture
) -> None:
    """It can be given up anywhere, in the model and in the text, and Pyomo then complains of nothing."""
    policy = LeaderPolicy.uniform(SMALL)
    calls = itertools.count()
    names = lp_text(SMALL, build_program(SMALL, program, form, SMALL.initial, policy))[1]
    written = build_program(SMALL, program, form, SMALL.initial, policy, checkpoint=lambda: [None, next(calls)][0])
    in_model = next(calls)
    lp_text(SMALL, written, checkpoint=lambda: [None, next(calls)][0])
    in_text = next(calls) - 1 - in_model
    assert in_model >= lp_file._products(SMALL, program, form) > 0
    assert in_text >= len(names) - 1

    def limited(last: int) -> None:
        left = itertools.count()

        def checkpoint() -> None:
            if next(left) == last:
                raise OutOfTime

        with given_up_quietly():
            lp_text(
                SMALL, build_program(SMALL, program, form, SMALL.initial, policy, checkpoint=checkpoint), checkpoint
            )

    with caplog.at_level(logging.DEBUG, "pyomo"):
        for last in range(0, in_model + in_text, 7):
            with pytest.raises(OutOfTime):
                limited(last)
    limited(in_model + in_text)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("form", FORMS)
def test_a_program_that_is_not_written_in_time_leaves_no_file(program: Kind, form: Form, tmp_path: Path) -> None:
    with pytest.raises(TooLargeError, match=r"time limit of 0 s.*there is no file: give more time"):
        export(SMALL, tmp_path / "late.lp", program, form, time_limit=0.0)
    assert not list(tmp_path.iterdir())
    assert export(SMALL, tmp_path / "early.lp", program, form, time_limit=600.0).exists()
