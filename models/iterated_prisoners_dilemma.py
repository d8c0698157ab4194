"""The prisoner's dilemma, repeated, with one step of memory: the state is the last joint action.

Both cooperate (``C``) or defect (``D``). In one round defection dominates, and a leader who commits for a single round
gets -2. With memory the leader can commit to conditional play such as tit for tat, and what it promises after each
outcome decides what the follower does before it. A state such as ``CD`` says that the leader cooperated and the
follower defected in the last round. Play starts in ``CC``, as if both had cooperated before.
"""

from __future__ import annotations

from ssg_mip import Game, GameBuilder

SOURCE = (
    "Stage game: Asymmetric Learning Dynamics for Reaching Stackelberg Equilibrium (2025, under review), Table 3, "
    "prisoners dilemma; repeated here with one step of memory"
)

_PAYOFF = {"CC": (-1, -1), "CD": (-3, 0), "DC": (0, -3), "DD": (-2, -2)}


def build(discount: float = 0.9) -> Game:
    """The game with one discount for both players."""
    builder = GameBuilder(
        f"iterated prisoner's dilemma, discount {discount:g}",
        leader_discount=discount,
        follower_discount=discount,
        source=SOURCE,
    )
    for last in _PAYOFF:
        builder.add_state(
            last, leader_actions=["C", "D"], follower_actions=["C", "D"], initial=1.0 if last == "CC" else None
        )
        for joint, (leader_reward, follower_reward) in _PAYOFF.items():
            builder.add_transition(
                last,
                joint[0],
                joint[1],
                leader_reward=leader_reward,
                follower_reward=follower_reward,
                next=joint,
            )
    return builder.build()
