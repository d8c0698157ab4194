"""What the leader sees of the state, as a constraint: the same probabilities in all states of a label."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import numpy as np

from ssg_mip.game.game import Game
from ssg_mip.problem.constraints.constraint import Constraint, Measure, Outcome
from ssg_mip.problem.constraints.places import listed
from ssg_mip.problem.observation import shared_rows
from ssg_mip.problem.policy_space import PolicySpace


@dataclasses.dataclass(frozen=True, kw_only=True)
class Observe(Constraint):
    """States that the leader does not tell apart; their actions have the same names, in any order.

    Attributes
    ----------
    labels
        State and label, of states that share one.
    """

    kind: ClassVar[str] = "observe"
    labels: tuple[tuple[str, str], ...]

    @property
    def words(self) -> str:
        """The labels."""
        seen = listed(list(dict.fromkeys(label for _, label in self.labels)))
        return f"the leader sees {seen}, and not which of their states"

    def content(self) -> dict[str, Any]:
        """The labels by state."""
        return {"labels": dict(self.labels)}

    def space(self, game: Game) -> PolicySpace:
        """Equations between states of a label."""
        label_of = dict(self.labels)
        labels = tuple(label_of.get(state, state) for state in game.state_names)
        return PolicySpace(rows=shared_rows(game, labels), observed=labels)

    def measure(self, outcome: Outcome) -> Measure:
        """The largest difference between probabilities of an action under one label."""
        game = outcome.game
        found: dict[tuple[str, str], list[float]] = {}
        for state, label in self.labels:
            s = game.state_index(state)
            own = outcome.slots[game.leader_offsets[s] : game.leader_offsets[s + 1]]
            for action, share in zip(game.leader_actions[s], own.tolist(), strict=True):
                found.setdefault((label, action), []).append(share)
        return Measure(value=max(float(np.ptp(shares)) for shares in found.values()), most=0.0)

    def size(self, game: Game) -> float:  # noqa: ARG002
        """A probability's."""
        return 1.0
