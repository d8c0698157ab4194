"""The training loop of :mod:`ssg_mip.learning.learners.ppo_hedge`: PPO of stable-baselines3 in our environments."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.learning.environments import leader_env
from ssg_mip.learning.learners.asymmetric_learning.experts import ExpertKind
from ssg_mip.learning.learners.asymmetric_learning.followers import Follower, make_learning_follower
from ssg_mip.learning.learners.asymmetric_learning.information import InformationSets, exact_answer, information_sets
from ssg_mip.learning.learners.asymmetric_learning.settings import Settings as FollowerSettings
from ssg_mip.learning.learners.neural.agent import BrokenOffError, TableFollower, Watch, folded, make_ppo, probabilities
from ssg_mip.learning.learners.neural.determinism import one_thread, untouched_global_randomness
from ssg_mip.learning.learners.neural.symmetric import SymmetricFollower
from ssg_mip.learning.learners.neural.witness import Witness
from ssg_mip.learning.learners.schedules import Stopped, moments

if TYPE_CHECKING:
    from ssg_mip.learning.learners.policy_dynamics import PolicyDynamics
    from ssg_mip.learning.learners.settings.ppo_hedge import Settings

MATRIX_RATE, MARKOV_RATE = 0.05, 0.02
"""Step sizes of Hedge in the paper, for one state and for more."""


class _Sides:
    """Both players, and the order in which they learn."""

    def __init__(self, game: Game, settings: Settings, seed: int, steps: int, stopped: Stopped) -> None:
        self._watch = Watch(stopped)
        self._game = game
        self._settings = settings
        self._updates = 0
        self._sets = information_sets(game, settings.information)
        horizon = settings.horizon or _horizon(game)
        ends = settings.horizon is None and _ends_after_a_move(game)
        self._partner, self._table = None, TableFollower(self._sets)
        follower: Follower = self._table
        if settings.follower == "ppo":
            follower = self._partner = SymmetricFollower(
                game, self._sets, settings, None if ends else horizon, seed + 1, stopped
            )
        elif settings.follower != "best-response":
            follower = _without_regret(game, self._sets, settings, settings.follower, steps)
        self.witness = Witness(game, settings.information, self._sets, follower)
        options = {"unavailable": "wrap", "horizon": horizon, "restart": "geometric" if ends else "horizon"}
        self._leader = make_ppo(
            [lambda: leader_env(self._started, self.witness, **options)] * settings.copies,
            settings,
            game.leader_discount if settings.discount is None else settings.discount,
            seed,
            stopped,
        )
        self.commit()

    @property
    def _started(self) -> Game:
        if self._settings.starts == "initial":
            return self._game
        return self._game.replace(initial=np.full(self._game.num_states, 1.0 / self._game.num_states))

    def commit(self) -> None:
        """Tell everyone what the leader plays now."""
        policy = LeaderPolicy.from_slots(self._game, folded(probabilities(self._leader), self._game.leader_counts))
        self.witness.commit(policy)
        if self._settings.follower == "best-response" and self._updates % self._settings.period == 0:
            entries = np.zeros(int(self._sets.offsets[-1]))
            np.maximum.at(entries, self._sets.row_entry, exact_answer(self._game, policy, self._settings.information))
            self._table.play(entries)

    def update(self) -> bool:
        """Play a rollout, let the leader learn from it, and then the follower if it is a PPO.

        Returns
        -------
        bool
            Whether all of that was done; otherwise what was done until the stop counts.
        """
        played, before = self.witness.policy, self.witness.steps
        try:
            self._leader.learn(self._settings.rollout, callback=self._watch, reset_num_timesteps=False)
            whole = self.witness.steps - before == self._settings.rollout
            if whole and self._partner is not None:
                self._partner.update(played)
        except BrokenOffError:
            whole = False
        self._updates += 1
        self.commit()
        return whole


def _without_regret(game: Game, sets: InformationSets, settings: Settings, kind: ExpertKind, steps: int) -> Follower:
    rate = settings.follower_rate
    if rate is None and kind == "hedge":
        rate = MATRIX_RATE if game.num_states == 1 else MARKOV_RATE
    moves_rarely = settings.follower_moves != "step"
    wanted = FollowerSettings(
        observation=settings.information,
        follower=kind,
        follower_rate=rate,
        schedule="every" if moves_rarely else settings.schedule,
        period=settings.rollout if moves_rarely else settings.schedule_period,
    )
    by_mean = settings.follower_moves == "iteration"
    moves = steps // settings.rollout if by_mean else steps
    return make_learning_follower(game, sets, wanted, moves, by_mean=by_mean)


def _ends_after_a_move(game: Game) -> bool:
    """Whether an episode is one move, and nothing comes after it that a learner could take into account."""
    return game.num_states == 1 and max(game.leader_discount, game.follower_discount) == 0.0


def _horizon(game: Game) -> int:
    """As many steps as a geometric end with the larger discount has on average, rounded up."""
    return math.ceil(1.0 / (1.0 - max(game.leader_discount, game.follower_discount)))


def train(
    game: Game,
    settings: Settings,
    seed: int,
    *,
    steps: int,
    num_moments: int,
    on_moment: Callable[[int, LeaderPolicy, LeaderPolicy], object],
    stopped: Stopped,
) -> PolicyDynamics:
    """Play and learn; see :func:`ssg_mip.learning.learners.ppo_hedge.learn`."""
    updates = math.ceil(steps / settings.rollout)
    marks = set(moments(updates, num_moments))
    with one_thread(), untouched_global_randomness():
        sides = _Sides(game, settings, seed, updates * settings.rollout, stopped)
        witness = sides.witness
        for update in range(1, updates + 1):
            if stopped() or not sides.update():
                break
            if update in marks:
                witness.record()
                on_moment(witness.steps, witness.policy, witness.average_policy())
        if witness.unrecorded:
            witness.record()
            on_moment(witness.steps, witness.policy, witness.average_policy())
        return witness.finish()
