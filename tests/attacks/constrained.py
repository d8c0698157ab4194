"""What is asked of the leader's policy, in every scope and in combinations, against SCIP answer by answer.

The sizes are 2x2x2, 2x3x2, 3x2x2 and 2x2x3 with four pairs of discounts; every kind of question meets every size and
every pair. The certificate of every run is replayed, and policy and answer are evaluated by the oracle.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Iterator

import numpy as np

from ssg_mip.base.status import Termination
from ssg_mip.checker.dual.replay import verify_bound
from ssg_mip.exact.solving import Answer
from ssg_mip.exact.wider import solve_allowed
from ssg_mip.problem.policy_space import PolicyRow, PolicySpace
from ssg_mip.problem.problem import Problem
from ssg_mip.problem.wider_rows import CostRow, SupportLimit, ValueRow
from ssg_mip.proofs.writer import Recorder
from ssg_mip.runs.limits import Limits
from ssg_mip.runs.run import Run
from tests.attacks.driver import AGREEMENT, Attack, Verdict
from tests.oracles.constrained import Asked, Interval, constrained_optimum
from tests.oracles.games import Array, PlainGame, random_game
from tests.oracles.sampling import pair_values, regret

SIZES = ((2, 2, 2), (2, 3, 2), (3, 2, 2), (2, 2, 3))
DISCOUNTS = ((0.9, 0.9), (0.7, 0.9), (0.9, 0.6), (0.5, 0.5))

GAP = 1e-5
"""Relative gap asked of the package."""

NODES = 4000
"""Nodes of one run at most."""

MISSED = 1e-6
"""By how much policy and answer may miss what is asked, as the oracle evaluates it."""

Parts = tuple[PlainGame, Asked]
Maker = Callable[[np.random.Generator, PlainGame], Parts]


def _rows(game: PlainGame, state: int, actions: dict[int, float]) -> list[Array]:
    """Coefficients that are 0 but for some actions of one state."""
    found = [np.zeros(count) for count in game.leader_counts]
    for action, factor in actions.items():
        found[state][action] = factor
    return found


def _statewise(_: np.random.Generator, game: PlainGame) -> Parts:
    """A least probability in every state, and a ratio where there is a third action."""
    rows = [(_rows(game, s, {0: 1.0}), (0.3, np.inf)) for s in range(game.num_states)]
    third = [s for s, count in enumerate(game.leader_counts) if count > 2]
    rows += [(_rows(game, s, {1: 1.0, 2: -2.0}), (-np.inf, 0.1)) for s in third]
    return game, Asked(rows=rows)


def _budget(rng: np.random.Generator, game: PlainGame) -> Parts:
    """Two budgets over all states."""
    prices = rng.uniform(0.5, 1.5, game.num_states)
    first = [np.eye(count)[0] * price for count, price in zip(game.leader_counts, prices, strict=True)]
    second = [np.eye(count)[1] for count in game.leader_counts]
    limits = (-np.inf, 0.4 * float(prices.sum())), (0.2 * game.num_states, 0.8 * game.num_states)
    return game, Asked(rows=[(first, limits[0]), (second, limits[1])])


def _near(rng: np.random.Generator, game: PlainGame) -> Parts:
    """The first action's probabilities near given ones, in sum over the states."""
    given = rng.random(game.num_states)
    rows = []
    for signs in itertools.product((1.0, -1.0), repeat=game.num_states):
        own = [np.eye(count)[0] * sign for count, sign in zip(game.leader_counts, signs, strict=True)]
        rows.append((own, (-np.inf, 0.25 + float(np.dot(signs, given)))))
    return game, Asked(rows=rows)


def _alike(_: np.random.Generator, game: PlainGame) -> Parts:
    """All states look the same to the leader."""
    return game, Asked(rows=list(_equal(game, range(game.num_states))))


def _equal(game: PlainGame, states: range | list[int]) -> Iterator[tuple[list[Array], tuple[float, float]]]:
    first, *others = states
    for other, action in itertools.product(others, range(game.leader_counts[first] - 1)):
        own = _rows(game, first, {action: 1.0})
        own[other][action] = -1.0
        yield own, (0.0, 0.0)


def _types(rng: np.random.Generator, game: PlainGame) -> Parts:
    """Two types of the follower, with rewards of their own and in every second game with moves of their own."""
    base = random_game(rng, leader_counts=[2, 2], follower_counts=[2, 2], leader_discount=game.leader_discount,
                       follower_discount=game.follower_discount, successors=2)  # fmt: skip
    other = random_game(rng, leader_counts=[2, 2], follower_counts=[2, 2], leader_discount=game.leader_discount,
                        follower_discount=game.follower_discount, successors=2)  # fmt: skip
    moves = other.transition if rng.integers(2) else base.transition
    none = [np.zeros_like(block) for block in base.transition]
    share = float(rng.uniform(0.2, 0.8))
    typed = PlainGame(
        (
            *(np.concatenate((block, zero), axis=2) for block, zero in zip(base.transition, none, strict=True)),
            *(np.concatenate((zero, block), axis=2) for block, zero in zip(moves, none, strict=True)),
        ),
        (*base.leader_reward, *base.leader_reward),
        (*base.follower_reward, *other.follower_reward),
        game.leader_discount,
        game.follower_discount,
        np.concatenate((share * base.initial, (1.0 - share) * base.initial)),
        "types",
    )
    return typed, Asked(rows=[*_equal(typed, [0, 2]), *_equal(typed, [1, 3])])


def _cost(share: float) -> Maker:
    def make(rng: np.random.Generator, game: PlainGame) -> Parts:
        costs = [rng.random(block.shape) for block in game.leader_reward]
        return game, Asked(costs=[(costs, (-np.inf, share / (1.0 - game.leader_discount)))])

    return make


def _costs(rng: np.random.Generator, game: PlainGame) -> Parts:
    """Two costs, one of them with both sides."""
    horizon = 1.0 / (1.0 - game.leader_discount)
    first, second = ([rng.random(block.shape) for block in game.leader_reward] for _ in range(2))
    return game, Asked(costs=[(first, (-np.inf, 0.48 * horizon)), (second, (0.4 * horizon, 0.6 * horizon))])


def _few(most: tuple[int, ...]) -> Maker:
    def make(_: np.random.Generator, game: PlainGame) -> Parts:
        limits = {s: min(most[s % len(most)], count) for s, count in enumerate(game.leader_counts)}
        return game, Asked(most=limits)

    return make


def _value(rng: np.random.Generator, game: PlainGame) -> Parts:
    """A value in one state that some policies with any answers reach."""
    state = int(rng.integers(game.num_states))
    mixes = [rng.dirichlet(np.ones(count)) for count in game.leader_counts]
    best = max(float(pair_values(game, mixes, response)[0][state]) for response in game.responses())
    return game, Asked(least={state: best})


def _joined(*makers: Maker) -> Maker:
    """Everything that several ask for."""

    def make(rng: np.random.Generator, game: PlainGame) -> Parts:
        asked = Asked()
        for maker in makers:
            game, more = maker(rng, game)
            asked = Asked(
                rows=[*asked.rows, *more.rows],
                costs=[*asked.costs, *more.costs],
                least={**asked.least, **more.least},
                most={**asked.most, **more.most},
            )
        return game, asked

    return make


KINDS: dict[str, Maker] = {
    "statewise": _statewise,
    "budget": _budget,
    "near": _near,
    "alike": _alike,
    "types": _types,
    "cost": _cost(0.45),
    "costs": _costs,
    "cost and budget": _joined(_cost(0.48), _budget),
    "cost and statewise": _joined(_cost(0.48), _statewise),
    "cost and alike": _joined(_cost(0.5), _alike),
    "few": _few((2, 1)),
    "pure": _few((1,)),
    "few and statewise": _joined(_few((2,)), _statewise),
    "few and budget": _joined(_few((1, 2)), _budget),
    "few and cost": _joined(_few((2, 1)), _cost(0.48)),
    "value": _value,
    "value and statewise": _joined(_value, _statewise),
    "value and few": _joined(_value, _few((1, 2))),
}


def constrained_game(seed: int, index: int) -> tuple[str, PlainGame, Asked]:
    """The kind of question, the game and what is asked."""
    kind = list(KINDS)[index % len(KINDS)]
    turn = index // len(KINDS)
    rng = np.random.default_rng([seed, index])
    states, leader, follower = SIZES[turn % len(SIZES)]
    discounts = DISCOUNTS[(turn // len(SIZES)) % len(DISCOUNTS)]
    game = random_game(
        rng,
        leader_counts=[leader] * states,
        follower_counts=[follower] * states,
        leader_discount=discounts[0],
        follower_discount=discounts[1],
        successors=2,
        unreached_start=int(turn % 3 == 2),
    )
    game, asked = KINDS[kind](rng, game)
    return kind, game, asked


def space_of(asked: Asked) -> PolicySpace:
    """What is asked in the package's words."""
    return PolicySpace(
        rows=tuple(
            PolicyRow(name=f"row {i}", coefficients=np.concatenate(own), lower=lower, upper=upper)
            for i, (own, (lower, upper)) in enumerate(asked.rows)
        ),
        costs=tuple(
            CostRow(
                name=f"cost {j}", costs=np.concatenate([np.ravel(block) for block in own]), lower=lower, upper=upper
            )
            for j, (own, (lower, upper)) in enumerate(asked.costs)
        ),
        values=tuple(ValueRow(name=f"value {s}", least=least, state=s) for s, least in asked.least.items()),
        supports=tuple(SupportLimit(name=f"few {s}", state=s, most=most) for s, most in asked.most.items()),
    )


def play(seed: int, index: int) -> Verdict:
    """The package's interval and the oracle's meet, and what the package says is kept and proven."""
    kind, plain, asked = constrained_game(seed, index)
    problem, recorder = Problem(plain.to_game(), policies=space_of(asked)), Recorder()
    answer = solve_allowed(problem, Run(gap=GAP, limits=Limits(nodes=NODES), recorder=recorder))
    truth = constrained_optimum(plain, asked)
    return against_truth(answer, truth, kind) + against_oracle(answer, plain, asked) + replayed(problem, recorder)


def against_truth(answer: Answer, truth: Interval, kind: str) -> Verdict:
    """Neither value exceeds the other's bound."""
    scale = max(1.0, abs(truth.value)) if math.isfinite(truth.value) else 1.0
    found, off = [], 0.0
    for value, bound, words in (
        (answer.primal_bound, truth.bound, "the value exceeds the true bound"),
        (truth.value, answer.dual_bound, "the bound cuts off the true value"),
    ):
        beyond = 0.0 if value == -math.inf else (value - bound) / scale
        off = max(off, beyond)
        if beyond > AGREEMENT:
            found.append(f"{kind}: {words}: {value!r} against {bound!r}")
    remarks = [kind]
    if answer.termination is Termination.INFEASIBLE:
        remarks.append("allow no policy")
    elif answer.termination is not Termination.GAP:
        remarks.append(f"end by {answer.termination.name}")
    if truth.bound - truth.value > 1e-5 * scale:
        remarks.append("SCIP's gap open")
    return Verdict(max(0.0, off), tuple(found), tuple(remarks))


def against_oracle(answer: Answer, plain: PlainGame, asked: Asked) -> Verdict:
    """Policy and answer keep what is asked, and are worth what is said."""
    if answer.policy is None or answer.response is None:
        return Verdict()
    ends = list(itertools.accumulate(plain.leader_counts, initial=0))
    slots = answer.policy.slots(plain.to_game())
    policy = [slots[a:b] for a, b in itertools.pairwise(ends)]
    response = answer.response.follower_policy.actions.tolist()
    value = float(plain.initial @ pair_values(plain, policy, response)[0])
    found = []
    if abs(value - answer.primal_bound) > 1e-8 * max(1.0, abs(value)):
        found.append(f"worth {value!r}, said is {answer.primal_bound!r}")
    if asked.missed(plain, policy, response) > MISSED:
        found.append(f"misses what is asked by {asked.missed(plain, policy, response)!r}")
    if regret(plain, policy, response) > MISSED:
        found.append(f"the follower loses {regret(plain, policy, response)!r}")
    return Verdict(violations=tuple(found))


def replayed(problem: Problem, recorder: Recorder) -> Verdict:
    """The certificate proves what it claims."""
    if recorder.claim is None or recorder.claim.bound == math.inf:
        return Verdict(remarks=("nothing certified",))
    lines = json.loads(json.dumps(list(recorder.lines(problem.game))))
    replay = verify_bound(problem.game, lines)
    failed = [f"{check.name}: {check.detail}" for check in replay.failed]
    return Verdict(violations=tuple(f"certificate: {words}" for words in failed))


ATTACK = Attack("constrained", "2-3 states: rows of all scopes against SCIP, answer by answer", 504, play)
