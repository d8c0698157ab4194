"""Replays a bound by values in fractions, by code that shares nothing with what has found it."""

from __future__ import annotations

from fractions import Fraction

from ssg_mip import Game
from ssg_mip.proofs.value_tree import FollowerLine, ValueLeaf, ValueNode, ValueSplit

Mix = dict[int, Fraction]


def fractions(values) -> list[Fraction]:
    return [Fraction(float(value)) for value in values]


class Rows:
    """Rewards and transitions of mixes, with rows divided by their exact sums."""

    def __init__(self, game: Game) -> None:
        self.game = game
        self._rows = []
        for row in range(game.num_rows):
            successors, probabilities = game.next_states(row)
            shares = fractions(probabilities)
            total = sum(shares)
            self._rows.append([(int(t), share / total) for t, share in zip(successors.tolist(), shares, strict=True)])

    def action_value(self, player: str, state: int, mix: Mix, answer: int, values: list[Fraction]) -> Fraction:
        rewards = self.game.leader_rewards if player == "leader" else self.game.follower_rewards
        discount = self.game.leader_discount if player == "leader" else self.game.follower_discount
        total = Fraction(0)
        for action, share in mix.items():
            row = self.game.row(state, action, answer)
            later = sum(p * values[t] for t, p in self._rows[row])
            total += share * (Fraction(float(rewards[row])) + Fraction(discount) * later)
        return total


def replayed(game: Game, node: ValueNode, weights) -> Fraction | None:
    """The largest weighted value that a tree allows; ``None`` if a leaf proves nothing."""
    return _replayed(Rows(game), node, fractions(weights), Fraction(0), Fraction(1))


def leaves(node: ValueNode) -> list[ValueLeaf]:
    return [node] if isinstance(node, ValueLeaf) else [*leaves(node.below), *leaves(node.above)]


def _replayed(rows: Rows, node: ValueNode, weights: list[Fraction], low: Fraction, high: Fraction) -> Fraction | None:
    if isinstance(node, ValueSplit):
        at = Fraction(node.probability)
        if not low <= at <= high:
            return None
        parts = (_replayed(rows, node.below, weights, low, at), _replayed(rows, node.above, weights, at, high))
        return None if None in parts else max(parts)
    upper = fractions(node.upper)
    if node.line is None or not _holds(rows, node.line, upper, low, high):
        return None
    return sum((w * value for w, value in zip(weights, upper, strict=True)), Fraction(0))


def _holds(rows: Rows, line: FollowerLine, upper: list[Fraction], low: Fraction, high: Fraction) -> bool:
    game, first, second, ratio = rows.game, fractions(line.first), fractions(line.second), Fraction(line.ratio)
    if ratio <= 0 or len(first) != game.num_states or len(second) != game.num_states:
        return False
    mixes = {s: [{a: Fraction(1)} for a in range(int(game.leader_counts[s]))] for s in range(game.num_states)}
    ends = [{0: low, 1: 1 - low}, {0: high, 1: 1 - high}]
    numbers: dict[tuple[int, int], list[Fraction]] = {}
    for s in range(game.num_states):
        for b in range(int(game.follower_counts[s])):

            def lead(mix: Mix, values: list[Fraction], s: int = s, b: int = b) -> Fraction:
                return rows.action_value("follower", s, mix, b, values) - values[s]

            if s == line.state:
                middle = (ratio * lead(ends[0], second) + lead(ends[1], first)) / (1 + ratio)
                numbers[s, b] = [lead(ends[0], first), middle, lead(ends[1], second)]
            else:
                numbers[s, b] = [lead(mix, values) for mix in mixes[s] for values in (first, second)]
    mixes[line.state] = ends
    discount = Fraction(game.follower_discount)
    above = max(Fraction(0), *(max(some) for some in numbers.values()))
    secured = [max(min(some) for (t, _), some in numbers.items() if t == s) for s in range(game.num_states)]
    below = max(Fraction(0), -min(secured))
    needed = (below + discount * above) / (1 - discount)
    return all(
        rows.action_value("leader", s, mix, b, upper) <= upper[s]
        for (s, b), some in numbers.items()
        if max(some) >= -needed
        for mix in mixes[s]
    )
