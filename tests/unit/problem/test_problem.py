"""What a question refuses when it is made, and what methods refuse to be asked."""

from __future__ import annotations

import numpy as np
import pytest

from ssg_mip.errors import OptionError
from ssg_mip.methods.registry import METHODS, check_policies
from ssg_mip.problem.objective import Objective
from ssg_mip.problem.policy_space import ROWS as ROWS_IN_WORDS
from ssg_mip.problem.policy_space import PolicyRow, PolicySpace, Scope
from ssg_mip.problem.problem import Problem
from ssg_mip.runs.method import Takes
from ssg_mip.runs.run import Run
from tests.oracles.known import figure_1

GAME = figure_1(1.0, 2.0).to_game()
EVEN = Objective(np.full(GAME.num_states, 1.0 / GAME.num_states))
ROWS = PolicySpace(rows=(PolicyRow(name="all", coefficients=np.ones(GAME.leader_offsets[-1]), upper=1.5),))
FLOOR = PolicySpace(floor=np.full(GAME.num_states, 1.0))


@pytest.mark.parametrize("weights", [[5.0, 5.0], [1.5, -0.5], [np.nan, 1.0], [[0.5, 0.5]], [0.0, 0.0]])
def test_weights_that_are_none_are_refused(weights: list[float]) -> None:
    with pytest.raises(OptionError, match="they must be at least 0 and sum to one"):
        Objective(np.array(weights))


def test_what_does_not_fit_the_game_is_refused() -> None:
    with pytest.raises(OptionError, match="3 weights"):
        Problem(GAME, Objective(np.full(3, 1.0 / 3.0)))
    with pytest.raises(OptionError, match="row short has coefficients of shape"):
        Problem(GAME, policies=PolicySpace(rows=(PolicyRow(name="short", coefficients=np.ones(1), upper=1.0),)))
    with pytest.raises(OptionError, match="the floor has shape"):
        Problem(GAME, policies=PolicySpace(floor=np.zeros(GAME.num_states + 1)))


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize(("policies", "what"), [(ROWS, Scope.COUPLING), (FLOOR, Takes.FLOORS)])
def test_no_method_answers_a_question_that_it_would_not_honour(
    name: str, policies: PolicySpace, what: Takes | Scope
) -> None:
    """Neither through the front door nor when it is called itself."""
    method, problem = METHODS[name], Problem(GAME, EVEN, policies=policies)
    if what in method.takes or what in method.rows:
        check_policies(problem, method)
        return
    words = what.value if isinstance(what, Takes) else f"{ROWS_IN_WORDS} {what.value}"
    with pytest.raises(OptionError, match=f"'{name}' takes no {words}.*ask for .*commitment"):
        check_policies(problem, method)
    with pytest.raises(OptionError, match=f"'{name}' takes no {words}"):
        method(problem, Run())
