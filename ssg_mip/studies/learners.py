"""The learners that tables have rows for: what both players do after training, for many seeds.

A learner is a function of a game and seeds that yields a :class:`~ssg_mip.studies.play.Play` per seed. Put one more
into :data:`LEARNERS`, and every experiment with learners has its rows; those of :data:`BASELINES` are compared with in
one paper only. Learners with networks need the extra ``learn``; without it they raise
:class:`~ssg_mip.errors.OptionError`, and the page of an experiment says that they are missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from ssg_mip.errors import OptionError
from ssg_mip.game.game import Game
from ssg_mip.game.policy import FollowerPolicy, LeaderPolicy
from ssg_mip.learning.learners import (
    actor_critic,
    asymmetric_learning,
    bilevel_q,
    central_critics,
    independent_networks,
    independent_q,
)
from ssg_mip.learning.learners.schedules import Course, Exploration, Stopped
from ssg_mip.numerics.array_types import IntArray
from ssg_mip.studies.notebook import Notebook
from ssg_mip.studies.play import Play, against, answering

Learner = Callable[[Game, range, Stopped], Iterator[Play]]
"""Plays of one run per seed, as they are finished; asked now and then whether to stop."""

LEAST_STEPS, STEPS_PER_JOINT_ACTION = 20_000, 300
"""Steps of a tabular run: a fifth of a second on small games, enough visits of every joint action on larger ones."""

NETWORK_STEPS, NETWORK_STEPS_PER_JOINT_ACTION = 4000, 20
"""The same for networks, whose steps learn from a batch each."""


def tabular_steps(game: Game) -> int:
    """How long a tabular run takes on a game."""
    return max(LEAST_STEPS, STEPS_PER_JOINT_ACTION * game.num_rows)


def network_steps(game: Game) -> int:
    """How long a run with networks takes on a game."""
    return max(NETWORK_STEPS, NETWORK_STEPS_PER_JOINT_ACTION * game.num_rows)


def bilevel(game: Game, seeds: range, stopped: Stopped) -> Iterator[Play]:
    """Bi-level tabular Q-learning: each player plays its half of the stage solution."""
    for seed in seeds:
        rng = np.random.default_rng(seed)
        learned = bilevel_q.learn(game, bilevel_q.Settings(), rng, steps=tabular_steps(game), stopped=stopped)
        yield answering(game, learned.execution.leader_policy(), learned.execution.answer)


def bilevel_networks(game: Game, seeds: range, stopped: Stopped) -> Iterator[Play]:
    """Bi-level actor-critic, all runs at once."""
    settings, steps = actor_critic.Settings(), network_steps(game)
    learned = actor_critic.learn(game, settings, seeds.start, Course(steps=steps, runs=len(seeds), stopped=stopped))
    for execution in learned.executions:
        yield answering(game, execution.leader_policy(), execution.answer)


def independent(rule: independent_q.Rule, game: Game, seeds: range, stopped: Stopped) -> Iterator[Play]:
    """Two Q-learners that take each other for a part of the environment."""
    for seed in seeds:
        if stopped():
            return
        learned = independent_q.learn(
            game, rule, np.random.default_rng(seed), steps=tabular_steps(game), exploration=Exploration()
        )
        leader = LeaderPolicy.deterministic(game, learned.leader_actions)
        yield against(leader, FollowerPolicy(learned.follower_actions), game)


def independent_with_networks(
    rule: independent_networks.Rule, game: Game, seeds: range, stopped: Stopped
) -> Iterator[Play]:
    """The same with networks, all runs at once."""
    settings, steps = independent_networks.Settings(rule=rule), network_steps(game)
    curve = independent_networks.learn(
        game, settings, seeds.start, Course(steps=steps, runs=len(seeds), stopped=stopped)
    )
    yield from greedy_plays(game, curve.rows[-1])


def with_central_critics(rule: central_critics.Rule, game: Game, seeds: range, stopped: Stopped) -> Iterator[Play]:
    """MADDPG or TD3, all runs at once."""
    settings, steps = central_critics.Settings(rule=rule), network_steps(game)
    curve = central_critics.learn(game, settings, seeds.start, Course(steps=steps, runs=len(seeds), stopped=stopped))
    yield from greedy_plays(game, curve.rows[-1])


def greedy_plays(game: Game, rows: IntArray) -> Iterator[Play]:
    """The plays of greedy joint actions, ``[runs, num_states]``."""
    for chosen in rows:
        leader = LeaderPolicy.deterministic(game, game.row_leader[chosen])
        yield against(leader, FollowerPolicy(game.row_follower[chosen]), game)


def asymmetric(settings: asymmetric_learning.Settings, game: Game, seeds: range, stopped: Stopped) -> Iterator[Play]:
    """A Q-learning leader and a Hedge follower: their time-averaged policies."""
    for seed in seeds:
        learned = asymmetric_learning.learn(
            game, settings, np.random.default_rng(seed), steps=tabular_steps(game), num_moments=1, stopped=stopped
        )
        yield Play(learned.average_leader_policy, learned.average_follower_policy)


LEARNERS: dict[str, Learner] = {
    "bi-level Q, tabular": bilevel,
    "bi-level actor-critic, networks": bilevel_networks,
    "independent networks": partial(independent_with_networks, "independent"),
    "hysteretic networks": partial(independent_with_networks, "hysteretic"),
    "lenient networks": partial(independent_with_networks, "lenient"),
    "independent Q": partial(independent, independent_q.Independent()),
    "hysteretic Q": partial(independent, independent_q.Hysteretic()),
    "lenient Q": partial(independent, independent_q.Lenient()),
    "Q and Hedge that sees actions, averaged": partial(asymmetric, asymmetric_learning.Settings()),
    "Q and Hedge that sees no action, averaged": partial(
        asymmetric, asymmetric_learning.Settings(observation="policy")
    ),
}
"""Learners by the name that tables show."""

BASELINES: dict[str, Learner] = {
    "MADDPG networks": partial(with_central_critics, "maddpg"),
    "TD3 networks": partial(with_central_critics, "td3"),
}
"""More learners that Zhang et al. compare with."""

COUNTERPARTS = {
    "Bi-AC": "bi-level actor-critic, networks",
    "I-DQN": "independent networks",
    "MADDPG": "MADDPG networks",
    "TD3": "TD3 networks",
    "Hysteretic-DQN": "hysteretic networks",
    "Lenient-DQN": "lenient networks",
}
"""Learners of Zhang et al., and those of ours that are nearest to them."""


def plays_of(notebook: Notebook, who: str, game: Game, runs: int) -> Iterator[tuple[int, Play]]:
    """Seeds and plays of one learner until the notebook stops; a note where its extra is missing."""
    seeds = range(notebook.seed, notebook.seed + runs)

    def stopped() -> bool:
        return notebook.stopped

    learner = LEARNERS[who] if who in LEARNERS else BASELINES[who]
    plays = zip(seeds, learner(game, seeds, stopped), strict=False)
    while not stopped():
        try:
            seed, play = next(plays)
        except StopIteration:
            return
        except OptionError as error:
            notebook.note(f"No rows of {who}: {error}")
            return
        if stopped():  # perhaps in the middle of this run
            return
        yield seed, play
