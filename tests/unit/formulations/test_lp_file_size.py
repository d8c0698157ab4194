"""Forms whose size is (joint actions x states) are refused before they fill the memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from models import random_game
from ssg_mip import export
from ssg_mip.errors import OptionError
from ssg_mip.formulations import lp_file
from ssg_mip.formulations.lp_file import Form, Kind

LARGE = random_game.build(states=2000, leader_actions=4, follower_actions=4, successors=5)
SMALL = random_game.build()


@pytest.mark.parametrize("form", ["strong", "relaxation"])
@pytest.mark.parametrize("program", ["improvement", "commitment"])
def test_a_program_of_64_million_products_is_refused_and_nothing_is_written(
    program: Kind, form: Form, tmp_path: Path
) -> None:
    with pytest.raises(OptionError, match=r"64,000,000 products.*use the form 'bilinear'"):
        export(LARGE, tmp_path / "large.lp", program=program, form=form)
    assert not list(tmp_path.iterdir())


def test_the_limit_is_on_products_and_spares_the_other_forms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A game of 3 x 2 x 2 has 36 products: written at the limit, refused above it."""
    monkeypatch.setattr(lp_file, "MOST_PRODUCTS", 36)
    assert export(SMALL, tmp_path / "strong.lp", program="commitment", form="strong").exists()
    monkeypatch.setattr(lp_file, "MOST_PRODUCTS", 35)
    with pytest.raises(OptionError, match="36 products"):
        export(SMALL, tmp_path / "again.lp", program="commitment", form="strong")
    assert export(SMALL, tmp_path / "bilinear.lp", program="commitment", form="bilinear").exists()
