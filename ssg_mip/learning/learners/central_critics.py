r"""MADDPG and TD3, the baselines of Zhang et al. (2020) that train centrally and act apart.

Each player ``i`` has an actor ``mu_i(s)`` over its own actions, which sees the state only, and a critic
``Q_i(s, a, b)``, which sees both actions:

``"maddpg"``
    one critic each, and the deterministic policy gradient of both actors (Lowe et al., NIPS 2017);
``"td3"``
    two critics each, of which targets take the smaller value, actors that learn at every ``delay``-th update only, and
    clipped noise on what the target actors prefer (Fujimoto, van Hoof & Meger, ICML 2018, for two players).

Actions are discrete: an actor plays its most likely action, and its gradient goes through a Gumbel-Softmax sample, as
in the paper, while the other player's action stays what was played. What play, exploration, memory and targets have in
common with the other learners is in :class:`~ssg_mip.learning.learners.neural.settings.NetworkSettings`; rates and
widths are not printed. No rule is a method of ``solve``: nobody commits and nobody answers.

These are written here because no library that is kept up fits: AgileRL has both rules for discrete actions but brings
some thirty packages, among them JAX, Redis and Weights & Biases; BenchMARL has MADDPG for continuous actions only;
XuanCe needs a NumPy below 2. They train one run at a time, where a hundred at once cost little more than one. Needs the
extra ``learn`` (PyTorch).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ssg_mip.base.extras import require_learn
from ssg_mip.learning.learners.schedules import Course
from ssg_mip.learning.learners.settings.central_critics import Rule, Settings

if TYPE_CHECKING:
    from ssg_mip.game.game import Game
    from ssg_mip.learning.learners.neural.training import TrainingCurve


STEPS = 4000
"""Steps if no other number is given: as for the bi-level actor-critic."""


def learn(game: Game, settings: Settings, seed: int, course: Course) -> TrainingCurve:
    """Let two players learn for a number of steps, in ``runs`` independent runs at once.

    Parameters
    ----------
    game, settings, seed
        The game, how to learn, and the seed of all randomness.
    course
        How long, in how many independent runs at once.

    Returns
    -------
    TrainingCurve
        Payoffs and greedy joint actions; ``rows[-1]`` are those at the end.

    Raises
    ------
    OptionError
        If PyTorch is absent, or ``steps``, ``runs`` or ``num_moments`` is below 1.
    """
    require_learn("learning with networks", "torch")
    from ssg_mip.learning.learners.neural.central_critics import CentralCritics
    from ssg_mip.learning.learners.neural.training import train_runs

    return train_runs(game, CentralCritics, settings, seed, course)


__all__ = ["STEPS", "Rule", "Settings", "learn"]
