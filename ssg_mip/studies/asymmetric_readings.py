"""What the 2025 paper says of its Figures 1 and 2, beside the numbers of a run: every verdict is computed from them.

Two numbers agree if they differ by at most :data:`CLOSE`, one is lower than another if it is lower by more than that;
all payoffs of these games are whole numbers. Rounding decides nothing: ``1.0 - 0.9`` counts as 0.1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from ssg_mip.base.tolerances import ROUNDING
from ssg_mip.studies.asymmetric_runs import ANSWERED, ANSWERED_SEEING, ROLLOUT, SYMMETRIC, Curve, Kind, Learner, designs
from ssg_mip.studies.bimatrix import Payoffs
from ssg_mip.studies.findings import Finding

CLOSE = 0.1
"""Payoffs and probabilities that differ by at most this agree."""

EPISODES = 1000
"""Of Figure 1 (c), for which the paper prints regrets."""

LEAST_OF_BASELINE = 1500.0
"""From here on up to 2000 a regret counts as "almost 2000"."""

MOST_OF_METHOD = 300.0
"""The printed bound of the method's regret after so many episodes."""

NEGLIGIBLE = 1.0
"""A cumulative regret up to here counts as "nearly zero"."""

FEW = 5
"""Seeds up to which each is told."""

SUBLINEAR = 0.9
"""Regret counts as sublinear if from a tenth of the run to its end it grows at most tenfold to this power."""

PRINTED = (10.0 / 3.0, 2.0 / 3.0)
"""The payoffs that the paper calls the Stackelberg values of the Battle."""

Curves = Mapping[Kind, Curve]
"""Curves of one kind of leader."""


def close(first: float, second: float, tolerance: float = CLOSE) -> bool:
    """Whether two numbers differ by at most a tolerance; rounding counts in favour."""
    return abs(first - second) <= tolerance + ROUNDING


def lower(first: float, second: float, tolerance: float = CLOSE) -> bool:
    """Whether the first number is lower by more than a tolerance; rounding never makes it so."""
    return second - first > tolerance + ROUNDING


def listed(names: Sequence[str]) -> str:
    """Names in a sentence."""
    return ", ".join(names) or "none"


def seeds_of(curve: Curve) -> str:
    """The leader's payoff in the last tenth of each seed, or their range where there are many."""
    ends = [f"{end:.3g}" for end in (curve.ends if len(curve.ends) <= FEW else (curve.ends.min(), curve.ends.max()))]
    return f"the leader's last tenth by seed: {(', ' if len(curve.ends) <= FEW else ' to ').join(ends)}"


def pair(curve: Curve) -> str:
    """Both average payoffs at the end."""
    return f"({curve.leader_payoffs[-1]:.3g}, {curve.follower_payoffs[-1]:.3g})"


def figure_1(curves: Curves, values: Mapping[str, Payoffs], equilibria: Sequence[Payoffs]) -> list[Finding]:
    """All findings about the Battle for one kind of leader.

    What is printed of the method is held against Algorithms 1 and 2; every curve of Hedge is held against the best
    commitment, and against the explicit best response, of its own model of information.

    Parameters
    ----------
    curves
        Its curves, those that there are.
    values
        The best commitment under each model of information.
    equilibria
        The payoffs of all Nash equilibria of a single round.
    """
    hedges = [curve for curve in curves.values() if curve.way.follower == "Hedge"]
    found = [payoffs_reached(curve, values[curve.way.information]) for curve in hedges]
    baseline = curves.get(SYMMETRIC)
    if baseline is not None:
        found.append(regret_of_baseline(baseline))
    for method in hedges:
        if method.way.kind in designs(method.way.learner):
            found += [regret_of_method(method), growth("Battle, growth of regret", method), policies_reached(method)]
            if baseline is not None:
                found += [near_nash(method, baseline, equilibria), more_uniform(method, baseline)]
        answering = curves.get(ANSWERED_SEEING if method.way.information == "action" else ANSWERED)
        if answering is not None:
            found += [as_good_as_answering(method, answering), regret_of_answering(method, answering)]
    return found


def payoffs_reached(curve: Curve, value: Payoffs) -> Finding:
    """Figure 1 (a), the method itself."""
    ends = float(curve.leader_payoffs[-1]), float(curve.follower_payoffs[-1])
    own = close(ends[0], value.leader, 2 * CLOSE) and close(ends[1], value.follower, 2 * CLOSE)
    where = "within" if own else "not within"
    return Finding(
        what=f"Battle, average payoffs of both: {curve.way.label}",
        printed="(3.33, 0.67), called the Stackelberg values",
        ours=f"{pair(curve)} after {curve.steps[-1]} moves; {seeds_of(curve)}",
        agrees=all(close(mine, theirs) for mine, theirs in zip(ends, PRINTED, strict=True)),
        reading=f"{where} {2 * CLOSE:g} of ({value.leader:g}, {value.follower:g}), which the best commitment yields",
    )


def near_nash(method: Curve, baseline: Curve, equilibria: Sequence[Payoffs]) -> Finding:
    """Figure 1 (a), the symmetric baseline."""
    mine, theirs = float(baseline.leader_payoffs[-1]), float(baseline.follower_payoffs[-1])
    distances = [max(abs(mine - one.leader), abs(theirs - one.follower)) for one in equilibria]
    nearest = int(np.argmin(distances))
    poorer = lower(mine, float(method.leader_payoffs[-1]))
    richer = lower(float(method.follower_payoffs[-1]), theirs)
    near = close(distances[nearest], 0.0)
    there = sum(any(close(float(end), one.leader, 2 * CLOSE) for one in equilibria) for end in baseline.ends)
    return Finding(
        what=f"Battle, payoffs of the baseline, {baseline.way.label}, beside the method: Hedge, {method.way.seen}",
        printed="near the Nash equilibrium: the leader substantially lower than with the method, the follower more",
        ours=f"{pair(baseline)} against {pair(method)}; {seeds_of(baseline)}",
        agrees=near and poorer and richer,
        reading=f"{distances[nearest]:.2g} from the nearest Nash equilibrium, "
        f"({equilibria[nearest].leader:.3g}, {equilibria[nearest].follower:.3g}); the leader "
        f"{'earns less' if poorer else 'does not earn less'} than with the method, the follower "
        f"{'more' if richer else 'not more'}; {there} of {len(baseline.ends)} seeds end within {2 * CLOSE:g} of the "
        "leader's payoff in an equilibrium",
    )


def moves_to(curve: Curve, target: float) -> int | None:
    """Moves from which on the leader's average payoff stays close to a target; ``None`` if it is not in the end."""
    return settled([int(moves) for moves in curve.steps], [abs(float(one) - target) for one in curve.leader_payoffs])


def settled(moves: Sequence[int], distances: Sequence[float], tolerance: float = CLOSE) -> int | None:
    """The first number of moves from which on all distances are within a tolerance; ``None`` if there is none."""
    found = None
    for count, distance in zip(reversed(moves), reversed(distances), strict=True):
        if not close(distance, 0.0, tolerance):
            break
        found = count
    return found


def as_good_as_answering(method: Curve, answering: Curve) -> Finding:
    """Figure 1 (a), the explicit best response."""
    ends = [float(curve.leader_payoffs[-1]) for curve in (method, answering)]
    moves = [moves_to(curve, end) for curve, end in zip((method, answering), ends, strict=True)]
    same = close(ends[0], ends[1]) and close(float(method.follower_payoffs[-1]), float(answering.follower_payoffs[-1]))
    faster = moves[0] is not None and moves[1] is not None and moves[1] < moves[0]
    return Finding(
        what=f"Battle, {method.way.label}, beside the explicit best response that {answering.way.seen}",
        printed="the best response converges faster, to almost identical values",
        ours=f"{pair(answering)} against {pair(method)}; the leader's average is within {CLOSE:g} of its last value "
        f"after {moves[1]} against {moves[0]} moves",
        agrees=same and faster,
        reading=f"values {'agree' if same else 'differ'} within {CLOSE:g}; it is{' ' if faster else ' not '}faster",
    )


def regret_after(curve: Curve, moves: int) -> tuple[float, float] | None:
    """Both cumulative regrets after some moves; ``None`` beyond the run."""
    if moves > curve.steps[-1]:
        return None
    steps = [0.0, *curve.steps]
    mine, theirs = (
        float(np.interp(moves, steps, [0.0, *regret])) for regret in (curve.leader_regret, curve.follower_regret)
    )
    return mine, theirs


def _episodes(curve: Curve) -> dict[str, tuple[float, float]]:
    """Regrets after so many episodes, for both readings of an episode, where the run reaches them."""
    found = {}
    for words, moves in (("one move", 1), (f"a training iteration of {ROLLOUT} moves, by its mean", ROLLOUT)):
        if moves > 1 and curve.way.learner != "PPO":
            continue
        regrets = regret_after(curve, EPISODES * moves)
        if regrets is not None:
            found[words] = (regrets[0] / moves, regrets[1] / moves)
    return found


def _by_reading(found: Mapping[str, tuple[float, float]]) -> str:
    words = "; ".join(f"{mine:.3g} and {theirs:.3g} (an episode is {what})" for what, (mine, theirs) in found.items())
    return words or f"the run has fewer than {EPISODES} episodes"


def regret_of_method(method: Curve) -> Finding:
    """Figure 1 (c), the method itself: below 300."""
    found = _episodes(method)
    below = [what for what, both in found.items() if not lower(MOST_OF_METHOD, max(both), 0.0)]
    return Finding(
        what=f"Battle, regrets of leader and follower after {EPISODES} episodes: {method.way.label}",
        printed=f"both below {MOST_OF_METHOD:g}",
        ours=_by_reading(found),
        agrees=len(below) == len(found) if found else None,
        reading=f"below under {len(below)} of {len(found)} readings of an episode" if found else "the run is too short",
    )


def regret_of_baseline(baseline: Curve) -> Finding:
    """Figure 1 (c), the symmetric baseline: almost 2000, nearly linear."""
    found = _episodes(baseline)
    as_printed = [what for what, both in found.items() if LEAST_OF_BASELINE <= max(both) <= 2.0 * EPISODES]
    power = exponent(baseline.steps, np.maximum(baseline.leader_regret, baseline.follower_regret))
    linear = _nearly_linear(power)
    return Finding(
        what=f"Battle, regrets of the baseline after {EPISODES} episodes: {baseline.way.label}",
        printed="almost 2000, nearly linear",
        ours=f"{_by_reading(found)}; the larger one {_growth(power)}",
        agrees=(bool(as_printed) and linear) if found else None,
        reading=f"{'nearly linear' if linear else 'not linear'}; {2 * EPISODES} is a loss of 2 in every episode",
    )


def regret_of_answering(method: Curve, answering: Curve) -> Finding:
    """Figure 1 (c), the explicit best response."""
    last = [float(curve.leader_regret[-1]) for curve in (method, answering)]
    alike = close(last[0], last[1], CLOSE * max(map(abs, last)))
    none = close(float(answering.follower_regret[-1]), 0.0, NEGLIGIBLE)
    return Finding(
        what=f"Battle, {method.way.label}, regrets beside the explicit best response that {answering.way.seen}",
        printed="the leader's closely matches the method's, the follower's is nearly zero",
        ours=f"leader {last[1]:.3g} against {last[0]:.3g}, follower {answering.follower_regret[-1]:.3g}",
        agrees=alike and none,
        reading=f"the leader's {'match' if alike else 'differ'} within {100 * CLOSE:g} %; the follower's is "
        f"{'nearly zero' if none else 'not zero'}",
    )


def exponent(steps: Sequence[int] | np.ndarray, regret: Sequence[float] | np.ndarray) -> float | None:
    """``p`` with which regret grows as ``T ** p`` over the last nine tenths; ``None`` if it ends without any.

    NaN if there is one moment only.
    """
    last = float(regret[-1])
    if last <= ROUNDING:
        return None
    if len(steps) < 2:
        return math.nan
    tenth = int(steps[-1]) / 10.0
    then = max(float(np.interp(tenth, steps, regret)), ROUNDING)
    return float(np.log(last / then) / np.log(steps[-1] / max(tenth, float(steps[0]))))


def _nearly_linear(power: float | None) -> bool:
    """Whether a power exceeds :data:`SUBLINEAR` as it is printed, so that interpolation decides nothing."""
    return power is not None and round(power, 2) > SUBLINEAR


def _growth(power: float | None) -> str:
    if power is None:
        return "is not positive in the end"
    return "has one moment only" if math.isnan(power) else f"grows as T^{round(power, 2) + 0.0:.2f}"


def growth(what: str, curve: Curve) -> Finding:
    """The hypothesis of sublinear regret, for both players."""
    powers = [exponent(curve.steps, regret) for regret in (curve.leader_regret, curve.follower_regret)]
    linear = [player for player, one in zip(("leader", "follower"), powers, strict=True) if _nearly_linear(one)]
    return Finding(
        what=f"{what}: {curve.way.label}",
        printed="sublinear for both players",
        ours=f"the leader's {_growth(powers[0])}, the follower's {_growth(powers[1])}",
        agrees=None if len(curve.steps) < 2 else not linear,
        reading=f"sublinear up to T^{SUBLINEAR:g}; nearly linear: {listed(linear)}",
    )


def policies_reached(method: Curve) -> Finding:
    """Figure 1 (e), the method itself."""
    mine, theirs = float(method.leader_shares[-1]), float(method.follower_shares[-1])
    players = [close(mine, 1.0), close(theirs, 0.66)]
    return Finding(
        what=f"Battle, average policies (first row; first column after it): {method.way.label}",
        printed="leader to 1.0, follower to 0.66, called the equilibrium, whose printed mixes are 2/3 and 1",
        ours=f"leader {mine:.3g}, follower {theirs:.3g}",
        agrees=all(players),
        reading=f"the leader's {'agrees' if players[0] else 'differs'}, the follower's "
        f"{'agrees' if players[1] else 'differs'}",
    )


def more_uniform(method: Curve, baseline: Curve) -> Finding:
    """Figure 1 (e), the symmetric baseline."""
    sides = ((method.leader_shares, baseline.leader_shares), (method.follower_shares, baseline.follower_shares))
    mixed = [lower(abs(theirs[-1] - 0.5), abs(mine[-1] - 0.5)) for mine, theirs in sides]
    return Finding(
        what=f"Battle, average policies of the baseline, {baseline.way.label}, beside the method: "
        f"Hedge, {method.way.seen}",
        printed="more uniform for both players than with the method",
        ours=f"leader {baseline.leader_shares[-1]:.3g} against {method.leader_shares[-1]:.3g}, follower "
        f"{baseline.follower_shares[-1]:.3g} against {method.follower_shares[-1]:.3g}",
        agrees=all(mixed),
        reading=f"more uniform: {listed([who for who, one in zip(('leader', 'follower'), mixed, strict=True) if one])}",
    )


EDGE_GAMES = ("prisoners_dilemma", "deadlock")
"""Where Figure 2 is said to show lower payoffs without regret."""


def figure_2(
    learner: Learner, payoffs: Mapping[tuple[str, str], float], values: Mapping[tuple[str, str], float]
) -> list[Finding]:
    """Figure 2 for one kind of leader.

    Parameters
    ----------
    learner
        The kind.
    payoffs
        The leader's average payoff by (game, schedule); the first schedule is that with regret.
    values
        Value of the best commitment to what the follower sees, by the same.
    """
    schedules = list(dict.fromkeys(schedule for _, schedule in payoffs))
    if not schedules:
        return []
    found = []
    for schedule in schedules:
        games = [game for game, one in payoffs if one == schedule]
        missed = [game for game in games if not close(payoffs[game, schedule], values[game, schedule], 2 * CLOSE)]
        found.append(
            Finding(
                what=f"{len(games)} games, {learner}, {schedule}: average payoff against the Stackelberg value",
                printed="closely matching in most games",
                ours=f"within {2 * CLOSE:g} in {len(games) - len(missed)} of {len(games)}",
                agrees=2 * len(missed) < len(games),
                reading=f"away from it: {listed(missed)}",
            )
        )
    ordinary, *others = schedules
    for schedule in others:
        games = [game for game, one in payoffs if one == schedule and (game, ordinary) in payoffs]
        below = [game for game in games if lower(payoffs[game, schedule], payoffs[game, ordinary])]
        found.append(
            Finding(
                what=f"{len(games)} games, {learner}: where {schedule!r} earns the leader less than {ordinary!r}",
                printed=f"slightly less in {listed(EDGE_GAMES)}, on a par elsewhere",
                ours=listed([f"{game} ({payoffs[game, schedule] - payoffs[game, ordinary]:+.2f})" for game in below]),
                agrees=set(below) == set(EDGE_GAMES),
                reading=f"less by more than {CLOSE:g} in {len(set(below) & set(EDGE_GAMES))} of the two named games "
                f"and in {len(set(below) - set(EDGE_GAMES))} others",
            )
        )
    return found
