"""Methods that learn from sampled play, as the list of all methods has them (:data:`LEARNERS`)."""

from ssg_mip.runs.method import Method
from ssg_mip.runs.run import Run


def _play(_: Run) -> str:
    return "the sampled play and its exploration"


def _play_of_networks(_: Run) -> str:
    return "the sampled play, its exploration, and the first weights of networks"


LEARNERS: tuple[Method, ...] = tuple(
    Method(name=name, home=f"{__name__}.{module}", draws=draws, in_own_units=True, extra=extra)
    for name, module, draws, extra in (
        ("bilevel-q", "bilevel_q", _play, ""),
        ("asymmetric-learning", "asymmetric_learning", _play, ""),
        ("actor-critic", "actor_critic", _play_of_networks, "learn"),
        ("ppo-hedge", "ppo_hedge", _play_of_networks, "learn"),
    )
)
"""The learners."""
