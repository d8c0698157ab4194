r"""Two Q-learners with networks that take each other for a part of the environment: baselines of Zhang et al. (2020).

The siblings of :mod:`ssg_mip.learning.learners.independent_q`: each player has a deep Q-network over its own actions,
with a replay memory and a target network (Mnih et al. 2015), and a rule for surprises
``delta = ri + gamma_i max Qi(t, .) - Qi(s, x)``, which here weighs the squared surprise in the loss:

``"independent"``
    all count alike (I-DQN);
``"hysteretic"``
    negative ones count ``hysteresis`` times as much (Hysteretic-DQN: Omidshafiei et al., ICML 2017);
``"lenient"``
    negative ones are forgiven with the probability ``1 - exp(-moderation * T(s, x))`` that held when the transition was
    played; the temperature ``T`` starts at 1 and falls by the factor ``cooling`` at every visit (Lenient-DQN: Palmer et
    al., AAMAS 2018, who let exploration follow the temperature as well: here all rules explore alike, as in the paper's
    comparison, and temperatures are kept per state instead of per hashed observation).

MADDPG and TD3, the other baselines of the paper's tables, are in :mod:`ssg_mip.learning.learners.central_critics`. No
rule is a method of ``solve``: nobody commits and nobody answers. Needs the extra ``learn`` (PyTorch).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ssg_mip.base.extras import require_learn
from ssg_mip.learning.learners.schedules import Course
from ssg_mip.learning.learners.settings.independent_networks import Rule, Settings

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
    from ssg_mip.learning.learners.neural.independent import IndependentNetworks
    from ssg_mip.learning.learners.neural.training import train_runs

    return train_runs(game, IndependentNetworks, settings, seed, course)


__all__ = ["STEPS", "Rule", "Settings", "learn"]
