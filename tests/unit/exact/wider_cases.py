"""Games with bounds on costs, values to be reached and limits on used actions, and what they are worth."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ssg_mip import Game, LeaderPolicy
from ssg_mip.base.tolerances import DEFAULT_TOLERANCES
from ssg_mip.evaluation.best_response import Response
from ssg_mip.evaluation.mdp import evaluate, induced_by_leader
from ssg_mip.game.policy import FollowerPolicy
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.answer_within import answer_within
from ssg_mip.problem.follower import Rational
from ssg_mip.problem.policy_space import PolicySpace
from ssg_mip.problem.wider_rows import CostRow, SupportLimit, ValueRow
from tests.oracles.games import plain_from_arrays, random_game
from tests.unit.exact.constrained_cases import DATA, row

ANSWERED = Rational()


def spent(game: Game, policy: LeaderPolicy, answers: FollowerPolicy, costs: FloatArray) -> float:
    """What costs by joint action come to from the start distribution: the value of a leader who is paid them."""
    process, _ = induced_by_leader(game.replace(leader_rewards=costs), policy)
    return float(game.initial @ evaluate(process, answers.slots(game)))


@dataclasses.dataclass(frozen=True, eq=False)
class Wide:
    """A game that starts from the weights, and the policies that are allowed."""

    game: Game
    space: PolicySpace

    @property
    def weights(self) -> FloatArray:
        """The start distribution."""
        return self.game.initial

    def answer(self, policy: LeaderPolicy) -> tuple[Response, bool]:
        """The follower's answer, and whether policy and answer are allowed."""
        costs = self.space.all_costs(self.game)
        response, keeps = answer_within(self.game, policy, ANSWERED, costs, DEFAULT_TOLERANCES)
        least = self.space.least_values(self.game)
        above = least is None or bool(np.all(response.leader_values >= least - 1e-9))
        return response, keeps and above and self.space.holds(self.game, policy)

    def worth(self, policy: LeaderPolicy) -> float:
        """The exact value from the start; ``-inf`` if policy or answer are not allowed."""
        response, allowed = self.answer(policy)
        return float(self.weights @ response.leader_values) if allowed else -math.inf


def known_wide_games() -> dict[str, tuple[Wide, float | None]]:
    """Games solved by others, with the value that was found; ``None`` where no policy is allowed."""
    found = {}
    for one in json.loads((DATA / "wider_games.json").read_text(encoding="utf-8"))["games"]:
        game = plain_from_arrays(
            np.array(one["P"]),
            np.array(one["rA"]),
            np.array(one["rB"]),
            leader_discount=one["leader_discount"],
            follower_discount=one["follower_discount"],
            initial=one["start"],
        ).to_game()
        space = PolicySpace(
            rows=tuple(
                row(f"row {i}", given["coefficients"], given["lower"], given["upper"])
                for i, given in enumerate(one["policy_rows"])
            ),
            costs=tuple(
                CostRow(name=f"cost {j}", costs=np.ravel(given["costs"]), upper=given["upper"])
                for j, given in enumerate(one["discounted_costs"])
            ),
            supports=tuple(
                SupportLimit(name=f"few in {state}", state=int(state), most=most)
                for state, most in one["most_actions"].items()
            ),
        )
        found[f"{one['kind']} {one['seed']}"] = Wide(game, space), one["scip_value"]
    return found


def wide(seed: int, kind: str) -> Wide:
    """A game of two states with three and two actions, and rows of one or two scopes."""
    rng = np.random.default_rng(304 + seed)
    start = [1.0, 0.0] if seed % 2 else [0.3, 0.7]
    plain = random_game(rng, leader_counts=[3, 2], follower_counts=[3, 2], leader_discount=0.8, follower_discount=0.7)
    game = plain.replace(initial=np.array(start)).to_game()
    costs = rng.uniform(size=game.num_rows)
    horizon = 1.0 / (1.0 - game.leader_discount)
    cost = CostRow(name="cost", costs=costs, upper=0.42 * horizon)
    between = CostRow(name="between", costs=costs - 0.5, lower=-0.12 * horizon, upper=0.02 * horizon)
    budget = row("budget", [[1.0, 0.0, 0.0], [0.8, 0.0]], upper=0.7)
    least = row("least", [[0.0, 0.0, 1.0], [0.0, 0.0]], lower=0.2)
    two, one = SupportLimit(name="two", state=0, most=2), SupportLimit(name="one", state=0, most=1)
    other = SupportLimit(name="other", state=1, most=1)
    spaces: dict[str, dict[str, Any]] = {
        "cost": {"costs": (cost,)},
        "between": {"costs": (between,)},
        "cost and budget": {"costs": (cost,), "rows": (budget,)},
        "two": {"supports": (two,)},
        "one": {"supports": (one,)},
        "pure": {"supports": (one, other)},
        "two and least": {"supports": (two,), "rows": (least,)},
        "one and budget": {"supports": (one,), "rows": (budget,)},
        "two and cost": {"supports": (two,), "costs": (cost,)},
        "one and cost": {"supports": (one,), "costs": (cost,)},
        "value": {"values": (ValueRow(name="value", state=1, least=_middling(game, 1)),), "rows": (least,)},
        "value and one": {"values": (ValueRow(name="value", state=0, least=_middling(game, 0)),), "supports": (one,)},
    }
    return Wide(game, PolicySpace(**spaces[kind]))


KINDS = (
    *("cost", "between", "cost and budget", "two", "one", "pure", "two and least", "one and budget"),
    *("two and cost", "one and cost", "value", "value and one"),
)


def _middling(game: Game, state: int) -> float:
    """A value of a state that some policies reach and others do not."""
    free = Wide(game, PolicySpace())
    found = [free.answer(policy)[0].leader_values[state] for policy in grid(game, 4)]
    return float(np.quantile(found, 0.8))


def grid(game: Game, steps: int) -> Iterator[LeaderPolicy]:
    """Policies of a game with three and two actions, among them all pure ones."""
    parts = range(steps + 1)
    mixes = [(a, b, steps - a - b) for a, b in itertools.product(parts, repeat=2) if a + b <= steps]
    for mix, second in itertools.product(mixes, parts):
        slots = [*mix, second, steps - second]
        yield LeaderPolicy.from_slots(game, np.array(slots) / steps)
