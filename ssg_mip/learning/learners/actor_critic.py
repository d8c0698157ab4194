r"""Bi-level actor-critic, the neural sibling of bi-level Q-learning (Zhang et al., AAAI 2020, equations (12)-(16)).

The leader is a Q-learner over joint actions, the follower an actor that answers a leader action, judged by a critic of
its own; :mod:`ssg_mip.learning.learners.neural.bilevel` has the equations. The paper says: three fully connected layers
with rectified linear units, a replay memory and target networks, Gumbel-Softmax for the actor, 1000 steps of fully
random play and decaying epsilon-greedy play afterwards, and a higher learning rate for the leader's critic than for
the follower's. Widths, rates, batches and the number of steps are not printed; the defaults here are our own. The paper
has one discount, here each player has its own.

The learned leader policy is deterministic, so it cannot earn what a mixed commitment earns, and both models of
observation agree for it. What :mod:`ssg_mip.learning.learners.bilevel_q` says of fixed points holds here as well, and
an actor that has made up its mind too early may stay with an answer that is no best response: nothing is guaranteed.

Needs the extra ``learn`` (PyTorch). Training is central; in execution each player holds the leader's critic and the
follower's actor and works out its own half of the joint action (:class:`Execution`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ssg_mip.base.extras import require_learn
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.learning.learners.execution import Execution
from ssg_mip.learning.learners.network_size import check_network_size
from ssg_mip.learning.learners.schedules import Course
from ssg_mip.learning.learners.settings.actor_critic import Settings
from ssg_mip.problem.problem import Problem
from ssg_mip.result import Result
from ssg_mip.runs.run import Run
from ssg_mip.runs.settings import read_settings
from ssg_mip.runs.visit_log import Visits

if TYPE_CHECKING:
    from ssg_mip.game.game import Game
    from ssg_mip.learning.learners.neural.training import TrainingCurve
    from ssg_mip.numerics.array_types import FloatArray, IntArray

METHOD = "actor-critic"

CLOSING = 4
"""Evaluations that the work after the last step takes as long as."""

STEPS = 4000
"""Steps if no limit is given: the 1000 random ones and three times as many."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Judgements:
    """What the models thought of every joint action at each moment, shape ``[moments, runs, num_rows]`` each.

    Attributes
    ----------
    leader, follower
        ``Q_1(s, a, b)`` and ``Q_2(s, a, b)``, in the units of the game.
    answers
        ``pi_2(b | s, a)``.
    """

    leader: FloatArray
    follower: FloatArray
    answers: FloatArray


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class ActorCritics:
    """What was learned, in one or many independent runs.

    Attributes
    ----------
    executions
        One per run.
    curve
        Payoffs and greedy joint actions during training.
    judgements
        What the models thought during training, if that was asked for.
    """

    executions: tuple[Execution, ...]
    curve: TrainingCurve
    judgements: Judgements | None = None


def learn(
    game: Game,
    settings: Settings,
    seed: int,
    course: Course,
    *,
    judge: bool = False,
) -> ActorCritics:
    """Learn for a number of steps, in independent runs at once.

    Parameters
    ----------
    game, settings, seed
        The game, how to learn, and the seed of all randomness.
    course
        How long, in how many runs. A hundred of them take a few times as long as one.
    judge
        Whether to keep what the models think at each moment: for small games.

    Raises
    ------
    OptionError
        If PyTorch is absent, or ``steps``, ``runs`` or ``num_moments`` is below 1.
    """
    require_learn(f"method {METHOD!r}", "torch")
    from ssg_mip.learning.learners.neural.arena import Arena
    from ssg_mip.learning.learners.neural.bilevel import BilevelActorCritic
    from ssg_mip.learning.learners.neural.training import check_runs, one_thread, seeded, train

    check_runs(course.runs)
    with one_thread():
        sources, arena = seeded(seed), Arena(game)
        models = BilevelActorCritic(arena, settings, course.runs, sources[1])
        thoughts: list[tuple[FloatArray, ...]] = []

        def at_moment(step: int, rows: IntArray) -> None:
            course.on_moment(step, rows)
            if judge:
                thoughts.append(models.judgements())

        curve = train(arena, models, settings, sources, dataclasses.replace(course, on_moment=at_moment))
        answers = models.answers()
    lead = game.row_leader[curve.rows[-1]]
    return ActorCritics(
        executions=tuple(Execution(game, *halves) for halves in zip(lead, answers, strict=True)),
        curve=curve,
        judgements=_in_units(thoughts, curve.scales) if judge else None,
    )


def _in_units(thoughts: Sequence[tuple[FloatArray, ...]], scales: FloatArray) -> Judgements:
    """Judgements in the units of the game, from those of the scaled rewards."""
    leader, follower, answers = (np.array(one) for one in zip(*thoughts, strict=True))
    return Judgements(leader=leader * scales[0][:, None], follower=follower * scales[1][:, None], answers=answers)


def solve(problem: Problem, run: Run) -> Result:
    """Learn and evaluate the greedy leader policy exactly, at some moments and at the end.

    ``details``: ``follower_answers`` is what the actor plays against the last leader policy, by state.
    """
    game = problem.game
    settings = read_settings(Settings, run.settings, METHOD)
    require_learn(f"method {METHOD!r}", "torch")
    check_network_size(game, METHOD, run.deadline, copies=4 * settings.hidden, memory=run.limits.memory)
    visits = Visits(problem, run, METHOD)
    visits.start()
    steps = run.limits.iterations or STEPS
    course = Course(
        steps=steps,
        on_moment=lambda step, rows: visits.visit(
            LeaderPolicy.deterministic(game, game.row_leader[rows[0]]), f"greedy after {step} steps"
        ),
        stopped=lambda: not visits.time_for(CLOSING),
    )
    learned = learn(game, settings, run.seed, course)
    player = learned.executions[0]
    answers = {
        name: game.follower_actions[state][player.follower_action(state)] for state, name in enumerate(game.state_names)
    }
    return visits.result(
        visits.ended(int(learned.curve.steps[-1]) >= steps),
        counts={"steps": int(learned.curve.steps[-1])},
        details={"follower_answers": answers},
    )


__all__ = ["CLOSING", "METHOD", "STEPS", "ActorCritics", "Judgements", "Settings", "learn", "solve"]
