"""Methods that behave as a test needs, in place of real ones: each is a ``solve(problem, run)`` under a name."""

from __future__ import annotations

import dataclasses
import os
import signal
import sys
import time
import types
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from ssg_mip.base.status import Status, Termination
from ssg_mip.errors import OptionError, SolverError
from ssg_mip.evaluation.best_response import best_response
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.methods.registry import METHODS
from ssg_mip.problem.evaluated_policy import EvaluatedPolicy
from ssg_mip.problem.problem import Problem
from ssg_mip.result import ProgressRow, Result, TrajectoryPoint
from ssg_mip.runs.conclusion import Conclusion
from ssg_mip.runs.method import Method, MethodFunction
from ssg_mip.runs.run import Run

QUESTIONS: list[tuple[Problem, Run]] = []
"""What the fakes were asked, last one last."""


def small_game(name: str = "small") -> Game:
    """Two states; in each the leader's uniform policy leaves the follower indifferent."""
    rewards = np.array([[[1.0, 0.0], [0.0, 1.0]]] * 2)
    moves = np.zeros((2, 2, 2, 2))
    moves[..., 0] = moves[..., 1] = 0.5
    return Game.from_arrays(
        moves,
        2.0 * rewards,
        rewards,
        leader_discount=0.9,
        follower_discount=0.5,
        initial=[0.25, 0.75],
        state_names=["calm", "[bold]storm"],
        name=name,
    )


def answer(
    problem: Problem,
    run: Run,
    termination: Termination = Termination.GAP,
    status: Status = Status.OPTIMAL,
    *,
    slack: float = 0.0,
) -> Result:
    """The start policy (uniform if absent) with its exact values and a bound ``slack`` above its value."""
    QUESTIONS.append((problem, run))
    game = problem.game
    policy = (run.start or LeaderPolicy.uniform(game)) if status.has_policy else None
    response = None if policy is None else best_response(game, policy, problem.follower.ties)
    value = float("nan") if response is None else float(problem.weights @ response.leader_values)
    bound = 100.0 if response is None else value + slack
    rows = tuple(
        ProgressRow(
            seconds=float(step), iteration=1, nodes=step, open_nodes=1, lps=step, primal_bound=value, dual_bound=bound
        )
        for step in range(3)
    )
    for row in rows:
        if run.on_progress is not None:
            run.on_progress(row)
    trajectory = ()
    if policy is not None and response is not None:
        trajectory = (
            TrajectoryPoint(
                iteration=0, leader_values=response.leader_values, leader_value=value, leader_policy=policy
            ),
        )
    found = None if policy is None or response is None else EvaluatedPolicy(policy, response)
    conclusion = Conclusion(
        method="fake",
        status=status,
        termination=termination,
        dual_bound=bound,
        found=found,
        trajectory=trajectory,
        progress=rows,
        counts={"nodes": 2, "lps": 2},
    )
    return conclusion.result(problem, run)


def wait(problem: Problem, run: Run) -> Result:
    """Work until told to stop, at most ten seconds."""
    sys.stderr.write("working\n")  # one write: two worker processes share the stream
    sys.stderr.flush()
    give_up = time.monotonic() + 10.0
    while not run.interrupt.requested and not run.deadline.expired:
        if time.monotonic() > give_up:
            return answer(problem, run)
        time.sleep(0.01)
    reason = Termination.INTERRUPTED if run.interrupt.requested else Termination.TIME_LIMIT
    return answer(problem, run, reason, Status.FEASIBLE, slack=1.0)


def deaf(problem: Problem, run: Run) -> Result:
    """Hang: look neither at the deadline nor at the wish to stop."""
    sys.stderr.write("working\n")
    sys.stderr.flush()
    time.sleep(60.0)
    return answer(problem, run)


def killed(problem: Problem, run: Run) -> Result:
    """Die as the system kills: at the game ``deadly``, or where a file named by FAKE_KILLS_LEFT still has a byte."""
    path = Path(os.environ.get("FAKE_KILLS_LEFT", os.devnull))
    left = path.read_bytes()
    if left:
        path.write_bytes(left[1:])
    if left or problem.game.name == "deadly":
        os.kill(os.getpid(), signal.SIGKILL)
    return answer(problem, run)


def nothing(problem: Problem, run: Run) -> Result:
    """Run out of time before any policy."""
    return answer(problem, run, Termination.TIME_LIMIT, Status.NO_SOLUTION)


def infeasible(problem: Problem, run: Run) -> Result:
    """Prove that no policy satisfies the constraints."""
    return answer(problem, run, Termination.INFEASIBLE, Status.INFEASIBLE)


def crash(problem: Problem, run: Run) -> Result:
    """A defect."""
    raise ZeroDivisionError(f"no division by {run.seed} in {problem.game.name}")


def numerical(problem: Problem, run: Run) -> Result:
    """A solver that gives up."""
    raise SolverError(f"the LP of {problem.game.name} failed {1 + run.seed} times")


def lie(problem: Problem, run: Run) -> Result:
    """Claim a little more than the policy is worth."""
    honest = answer(problem, run)
    return dataclasses.replace(honest, leader_values=honest.leader_values + 1e-5)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of the fake ``fake-settings``."""

    temperature: float = 0.5
    variant: Literal["slow", "fast"] = "slow"

    def __post_init__(self) -> None:
        if self.temperature <= 0.0:
            raise OptionError(f"setting temperature is {self.temperature!r}; it must be positive")


FAKES: dict[str, MethodFunction] = {
    "fake": answer,
    "fake-settings": answer,
    "fake-wait": wait,
    "fake-lie": lie,
    "fake-deaf": deaf,
    "fake-killed": killed,
    "fake-nothing": nothing,
    "fake-infeasible": infeasible,
    "fake-crash": crash,
    "fake-numerical": numerical,
}


def method_that_runs(solve: MethodFunction, like: str, monkeypatch: pytest.MonkeyPatch) -> Method:
    """A method with the facts of a real one, which runs something else."""
    module = types.ModuleType("ssg_mip_method_of_a_test")
    module.solve = solve  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return dataclasses.replace(METHODS[like], home=module.__name__)


def install() -> None:
    """List all fakes among the methods."""
    for name, solve in FAKES.items():
        module = types.ModuleType(f"ssg_mip_{name.replace('-', '_')}")
        module.solve = solve  # type: ignore[attr-defined]
        if name == "fake-settings":
            module.Settings = Settings  # type: ignore[attr-defined]
        sys.modules[module.__name__] = module
        METHODS[name] = Method(name=name, home=module.__name__)


def uninstall() -> None:
    """Take them off the list."""
    for name in FAKES:
        if name in METHODS:
            sys.modules.pop(METHODS.pop(name).home, None)
    QUESTIONS.clear()
