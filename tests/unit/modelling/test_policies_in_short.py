"""Policies that leave out what leaves no choice, policies as mappings, goals where results show themselves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ssg_mip import Game, LeaderPolicy, Problem, WorstStart, evaluate_policy, solve, write_instance
from ssg_mip.cli import main
from ssg_mip.errors import InvalidPolicyError, OptionError
from ssg_mip.library import robots


def game() -> Game:
    return robots(2)


def in_short() -> dict[str, dict[str, float]]:
    """The uniform policy, of the states with a choice alone."""
    whole = LeaderPolicy.uniform(game()).to_names(game())
    return {state: row for state, row in whole.items() if len(row) > 1}


def test_states_without_a_choice_may_be_left_out(tmp_path: Path) -> None:
    assert len(in_short()) < game().num_states
    uniform = LeaderPolicy.uniform(game())
    assert LeaderPolicy.from_names(game(), in_short()).probabilities == pytest.approx(uniform.probabilities)
    instance, file = tmp_path / "game.json", tmp_path / "policy.json"
    write_instance(game(), instance)
    file.write_text(json.dumps(in_short()), encoding="utf-8")
    assert main(["evaluate", str(instance), str(file)]) == 0
    first = next(iter(in_short()))
    file.write_text(json.dumps({s: row for s, row in in_short().items() if s != first}), encoding="utf-8")
    assert main(["evaluate", str(instance), str(file)]) == 2
    with pytest.raises(InvalidPolicyError, match="give every state with a choice a row"):
        LeaderPolicy.from_names(game(), {})


def test_a_policy_file_that_says_nothing_of_a_state_is_told_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    instance, file = tmp_path / "game.json", tmp_path / "policy.json"
    larger = robots(3)
    write_instance(larger, instance)
    whole = LeaderPolicy.uniform(larger).to_names(larger)
    first = next(state for state in whole if len(whole[state]) > 1)
    file.write_text(json.dumps({state: whole[state] for state in whole if state != first}), encoding="utf-8")
    main(["evaluate", str(instance), str(file)])
    assert f"says nothing of the state '{first}'" in capsys.readouterr().err


def test_policies_are_evaluated_as_mappings_too() -> None:
    said = evaluate_policy(game(), LeaderPolicy.uniform(game()), polish=False)
    assert evaluate_policy(game(), in_short(), polish=False).leader_value == said.leader_value
    with pytest.raises(OptionError, match=r"policy is .* it must be a LeaderPolicy, or"):
        evaluate_policy(game(), 7)  # type: ignore[arg-type]
    with pytest.raises(InvalidPolicyError, match="unknown state"):
        evaluate_policy(game(), {"nowhere": {}})


def test_a_result_shows_its_goal() -> None:
    first, second, *_ = game().state_names
    problem = Problem(game()).maximise(WorstStart([first, second]))
    result = solve(problem, "commitment", time_limit=10.0)
    assert f"{result.scalarised_value:.9g} <= {result.scalarised_bound:.9g}" in repr(result)
    assert "worst" in repr(result)
    assert ", value " in repr(solve(game(), "commitment", time_limit=10.0))


def test_a_problem_that_no_policy_keeps_is_exported_by_nobody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = next(iter(in_short()))
    first, second = list(in_short()[state])[:2]
    problem = Problem(game()).at_least(state, first, 0.7).at_least(state, second, 0.6)
    instance = tmp_path / "problem.json"
    write_instance(problem, instance)
    for program in ("commitment", "improvement"):
        code = main(["export", str(instance), str(tmp_path / "out.lp"), "--program", program])
        assert code == 7
        assert "leave one of them out" in capsys.readouterr().err
    assert not (tmp_path / "out.lp").exists()
