"""Methods that learn from sampled play, as the list of all methods has them (:data:`LEARNERS`)."""

from ssg_mip.runs.method import Method
from ssg_mip.runs.run import Run


def _play(_: Run) -> str:
    return "the sampled play, its exploration, and the first weights of networks"


LEARNERS: tuple[Method, ...] = tuple(
    Method(name=name, home=f"{__name__}.{module}", draws=_play, in_own_units=True, extra=extra)
    for name, module, extra in (
        ("bilevel-q", "bilevel_q", ""),
        ("asymmetric-learning", "asymmetric_learning", ""),
        ("actor-critic", "actor_critic", "learn"),
        ("ppo-hedge", "ppo_hedge", "learn"),
    )
)
"""The learners."""
