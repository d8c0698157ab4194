"""``solve`` asks the method that was named, with every argument checked and handed on."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import numpy as np
import pytest

import ssg_mip
from ssg_mip import LeaderPolicy, solve
from ssg_mip.base.interrupt import Interrupt
from ssg_mip.base.status import Termination
from ssg_mip.base.tolerances import Tolerances
from ssg_mip.errors import InvalidPolicyError, OptionError
from tests.unit import fakes

pytestmark = pytest.mark.usefixtures("fake_methods")


@pytest.fixture
def python_handler() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_every_argument_reaches_the_method() -> None:
    game, tolerances, rows = fakes.small_game(), Tolerances(tie=2e-8), []
    start = LeaderPolicy.deterministic(game, [0, 1])
    solve(
        game,
        "fake",
        {"calm": 1.0, "[bold]storm": 3.0},
        "adverse",
        0.25,
        60.0,
        7,
        node_limit=5,
        iteration_limit=6,
        start=start,
        levels=3,
        tolerances=tolerances,
        on_progress=rows.append,
    )
    problem, run = fakes.QUESTIONS[-1]
    np.testing.assert_allclose(problem.weights, [0.25, 0.75])
    assert (problem.follower.ties, run.gap, run.seed, run.deadline.limit) == ("adverse", 0.25, 7, 60.0)
    assert (run.limits.nodes, run.limits.iterations, run.levels) == (5, 6, 3)
    assert run.start is start
    assert run.tolerances is tolerances
    assert len(rows) == 3


def test_weights_default_to_the_start_distribution() -> None:
    np.testing.assert_array_equal(solve(fakes.small_game(), "fake").weights, [0.25, 0.75])


def test_a_start_policy_may_be_given_by_names() -> None:
    table = {"calm": {"a0": 1.0}, "[bold]storm": {"a0": 0.25, "a1": 0.75}}
    result = solve(fakes.small_game(), "fake", start=table)
    assert result.leader_policy is not None
    np.testing.assert_allclose(result.leader_policy.probabilities, [[1.0, 0.0], [0.25, 0.75]])


def test_a_start_policy_of_another_game_is_refused_before_the_method_runs() -> None:
    with pytest.raises(InvalidPolicyError, match="shape"):
        solve(fakes.small_game(), "fake", start=LeaderPolicy(np.ones((3, 1))))
    assert not fakes.QUESTIONS


def test_an_unknown_method_is_refused_with_the_known_ones() -> None:
    with pytest.raises(OptionError, match="policy-iteration, commitment"):
        solve(fakes.small_game(), "simplex")


@pytest.mark.parametrize(
    "wrong",
    [
        {"gap": -1.0},
        {"ties": "worst"},
        {"time_limit": -1.0},
        {"seed": -1},
        {"weights": [0.0, 0.0]},
        {"node_limit": 0},
        {"iteration_limit": 10**30},
    ],
)
def test_arguments_out_of_range_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(OptionError, match=next(iter(wrong))):
        solve(fakes.small_game(), "fake", **wrong)  # type: ignore[arg-type]


def test_ctrl_c_returns_the_incumbent_and_the_bound(python_handler: None) -> None:  # noqa: ARG001
    timer = threading.Timer(0.1, signal.raise_signal, [signal.SIGINT])
    timer.start()
    result = solve(fakes.small_game(), "fake-wait")
    timer.join()
    assert result.termination is Termination.INTERRUPTED
    assert result.leader_policy is not None
    assert result.dual_bound == pytest.approx(result.leader_value + 1.0)


def test_a_flag_of_the_caller_stops_the_run_from_another_thread() -> None:
    flag = Interrupt()
    timer = threading.Timer(0.05, flag.request)
    timer.start()
    assert solve(fakes.small_game(), "fake-wait", interrupt=flag).termination is Termination.INTERRUPTED
    timer.join()


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = "pyomo highspy scipy pydantic networkx typer rich matplotlib moocore"
    code = f"import sys, ssg_mip; print([m for m in {heavy.split()!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_can_be_imported_and_is_listed() -> None:
    for name in ssg_mip.__all__:
        assert getattr(ssg_mip, name) is not None
        assert name in dir(ssg_mip)
    with pytest.raises(AttributeError, match="no attribute 'solv'"):
        ssg_mip.solv  # noqa: B018
