"""Methods that behave as a test needs, in place of real ones: each is a ``run(game, request)`` under a name."""

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
from ssg_mip.result import ProgressRow, Result, TrajectoryPoint, build_result
from ssg_mip.runs.method import Method
from ssg_mip.runs.request import Request, Run

REQUESTS: list[Request] = []
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
    game: Game,
    request: Request,
    termination: Termination = Termination.GAP,
    status: Status = Status.OPTIMAL,
    *,
    slack: float = 0.0,
) -> Result:
    """The start policy (uniform if absent) with its exact values and a bound ``slack`` above its value."""
    REQUESTS.append(request)
    policy = (request.start or LeaderPolicy.uniform(game)) if status.has_policy else None
    response = None if policy is None else best_response(game, policy, request.ties)
    value = float("nan") if response is None else float(request.weights @ response.leader_values)
    bound = 100.0 if response is None else value + slack
    rows = tuple(
        ProgressRow(
            seconds=float(step), iteration=1, nodes=step, open_nodes=1, lps=step, primal_bound=value, dual_bound=bound
        )
        for step in range(3)
    )
    for row in rows:
        if request.on_progress is not None:
            request.on_progress(row)
    trajectory = ()
    if policy is not None and response is not None:
        trajectory = (
            TrajectoryPoint(
                iteration=0, leader_values=response.leader_values, leader_value=value, leader_policy=policy
            ),
        )
    return build_result(
        game,
        method="fake",
        status=status,
        termination=termination,
        weights=request.weights,
        ties=request.ties,
        dual_bound=bound,
        policy=policy,
        response=response,
        trajectory=trajectory,
        progress=rows,
        options=request.options(),
        seed=request.seed,
        seconds=request.deadline.elapsed,
        counts={"nodes": 2, "lps": 2},
    )


def wait(game: Game, request: Request) -> Result:
    """Work until told to stop, at most ten seconds."""
    sys.stderr.write("working\n")  # one write: two worker processes share the stream
    sys.stderr.flush()
    give_up = time.monotonic() + 10.0
    while not request.interrupt.requested and not request.deadline.expired:
        if time.monotonic() > give_up:
            return answer(game, request)
        time.sleep(0.01)
    reason = Termination.INTERRUPTED if request.interrupt.requested else Termination.TIME_LIMIT
    return answer(game, request, reason, Status.FEASIBLE, slack=1.0)


def deaf(game: Game, request: Request) -> Result:
    """Hang: look neither at the deadline nor at the wish to stop."""
    sys.stderr.write("working\n")
    sys.stderr.flush()
    time.sleep(60.0)
    return answer(game, request)


def killed(game: Game, request: Request) -> Result:
    """Die as the system kills: at the game ``deadly``, or where a file named by FAKE_KILLS_LEFT still has a byte."""
    path = Path(os.environ.get("FAKE_KILLS_LEFT", os.devnull))
    left = path.read_bytes()
    if left:
        path.write_bytes(left[1:])
    if left or game.name == "deadly":
        os.kill(os.getpid(), signal.SIGKILL)
    return answer(game, request)


def nothing(game: Game, request: Request) -> Result:
    """Run out of time before any policy."""
    return answer(game, request, Termination.TIME_LIMIT, Status.NO_SOLUTION)


def infeasible(game: Game, request: Request) -> Result:
    """Prove that no policy satisfies the constraints."""
    return answer(game, request, Termination.INFEASIBLE, Status.INFEASIBLE)


def crash(game: Game, request: Request) -> Result:
    """A defect."""
    raise ZeroDivisionError(f"no division by {request.seed} in {game.name}")


def numerical(game: Game, request: Request) -> Result:
    """A solver that gives up."""
    raise SolverError(f"the LP of {game.name} failed {1 + request.seed} times")


def lie(game: Game, request: Request) -> Result:
    """Claim a little more than the policy is worth."""
    honest = answer(game, request)
    return dataclasses.replace(honest, leader_values=honest.leader_values + 1e-5)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of the fake ``fake-settings``."""

    temperature: float = 0.5
    variant: Literal["slow", "fast"] = "slow"

    def __post_init__(self) -> None:
        if self.temperature <= 0.0:
            raise OptionError(f"setting temperature is {self.temperature!r}; it must be positive")


FAKES: dict[str, Run] = {
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


def method_that_runs(run: Run, like: str, monkeypatch: pytest.MonkeyPatch) -> Method:
    """A method with the facts of a real one, which runs something else."""
    module = types.ModuleType("ssg_mip_method_of_a_test")
    module.run = run  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return dataclasses.replace(METHODS[like], home=module.__name__)


def install() -> None:
    """List all fakes among the methods."""
    for name, run in FAKES.items():
        module = types.ModuleType(f"ssg_mip_{name.replace('-', '_')}")
        module.run = run  # type: ignore[attr-defined]
        if name == "fake-settings":
            module.Settings = Settings  # type: ignore[attr-defined]
        sys.modules[module.__name__] = module
        METHODS[name] = Method(name=name, home=module.__name__)


def uninstall() -> None:
    """Take them off the list."""
    for name in FAKES:
        if name in METHODS:
            sys.modules.pop(METHODS.pop(name).home, None)
    REQUESTS.clear()
