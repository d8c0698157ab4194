"""``verify_bounds``: do certificates prove their bounds? Replayed in exact arithmetic, without any solver."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from ssg_mip.base.rules import COUNT, PATH, Rule, checked, optional
from ssg_mip.checker.clock import TimeIsUp, time_is_up
from ssg_mip.checker.dual.document import Header, SumHeader, is_sum, lines_of, read_header, read_sum
from ssg_mip.checker.dual.policy_rows import GivenRow
from ssg_mip.checker.dual.reduction import Reducer, reduced_by
from ssg_mip.checker.dual.rounds import Needed, ReductionError
from ssg_mip.checker.dual.sums import positive, room_of, shares_check, shares_of
from ssg_mip.checker.dual.tree import Tree, nodes_skipped
from ssg_mip.checker.dual.units import raised, reaches, restated
from ssg_mip.checker.follower_claim import game_of_hash
from ssg_mip.checker.rational import ExactGame, exact_weights
from ssg_mip.checker.verification import VERIFICATION_FORMAT, Check, Checked, in_floats, yes_or_no
from ssg_mip.errors import InvalidResultError
from ssg_mip.game.game import GAME, Game


@dataclasses.dataclass(frozen=True, kw_only=True)
class BoundVerification(Checked):
    """What a replay found; if every check passed, the claim holds for every stationary leader policy as demanded.

    Attributes
    ----------
    claimed
        The bound that the certificate claims; ``None`` if it claims that there is no policy as demanded.
    proven
        The bound that its leaves prove; ``None`` if they prove none.
    weights
        Weights over states of the value that is bounded, exactly normalised.
    margin, floor, values, slack, policy_rows, costs, most
        Which policies it is about (:mod:`ssg_mip.checker.dual.demands`, :mod:`ssg_mip.checker.dual.policy_rows`,
        :mod:`ssg_mip.checker.dual.wider_rows`).
    nodes, leaves, closed
        Size of the tree, as far as it was read, and how many leaves prove a bound or that they hold no policy.
    cut_off
        Whether the time was up before the last node; then nothing is proven, and what follows in the file is not read.
    exact_claim
        The bound that is claimed, not rounded; ``None`` where there is none, or it was not read.
    parts
        Of how many certificates it is the sum.
    follower
        Whose answers it is about: ``"rational"``, or ``"myopic"`` where it is about the game with his discount 0.
    """

    claimed: float | None
    proven: Fraction | None
    weights: tuple[Fraction, ...]
    nodes: int
    leaves: int
    closed: int
    margin: float = 0.0
    floor: tuple[tuple[int, float], ...] = ()
    values: tuple[Fraction, ...] | None = None
    slack: float = 0.0
    policy_rows: tuple[GivenRow, ...] = ()
    costs: tuple[GivenRow, ...] = ()
    most: tuple[tuple[int, int], ...] = ()
    cut_off: bool = False
    exact_claim: Fraction | None = None
    parts: int = 1
    follower: str = "rational"

    @property
    def passed(self) -> bool:
        """Whether the whole tree was replayed and every check passed."""
        return not self.cut_off and super().passed

    @property
    def of_allowed(self) -> bool:
        """Whether it is about the policies alone that keep rows, bounds on costs or limits."""
        return bool(self.policy_rows or self.costs or self.most)

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON data."""
        return {
            "format": VERIFICATION_FORMAT,
            "subject": "bound",
            "passed": self.passed,
            "bound_certified": self.passed,
            "bound": self.claimed,
            "bound_scope": "over stationary leader policies",
            "program": "commitment" if self.values is None else "improvement",
            "weights": [float(weight) for weight in self.weights],
            "margin": self.margin,
            "floor": [list(pair) for pair in self.floor],
            "values": None if self.values is None else [float(value) for value in self.values],
            "slack": self.slack,
            **({"policy_rows": [row.to_list() for row in self.policy_rows]} if self.policy_rows else {}),
            **({"costs": [row.to_list() for row in self.costs]} if self.costs else {}),
            **({"most_actions": [list(pair) for pair in self.most]} if self.most else {}),
            "nodes": self.nodes,
            "leaves": self.leaves,
            "leaves_closed": self.closed,
            "cut_off": self.cut_off,
            **({"parts": self.parts} if self.parts > 1 else {}),
            **({} if self.follower == "rational" else {"follower": self.follower}),
            "checks": [check.to_dict() for check in self.checks],
        }


CERTIFICATE = Rule(
    "the path of a file that --certificate (certificate=) wrote, or the values of its lines",
    lambda value: PATH.holds(value) or (isinstance(value, Iterable) and not isinstance(value, (str, bytes, Mapping))),
)


@checked(game=GAME, certificate=CERTIFICATE)
def verify_bound(
    game: Game, certificate: Path | str | Iterable[Any], *, time_limit: float | None = None
) -> BoundVerification:
    """Replay a single certificate (:mod:`ssg_mip.checker.dual`).

    Parameters
    ----------
    game
        The game that it is about.
    certificate
        Its file, or the values of its lines.
    time_limit
        Seconds after which the replay is cut off; ``None`` for no limit.

    Raises
    ------
    InvalidResultError
        If it is malformed: a line that is no node, a number out of range, nodes or parts missing or left over.
    OptionError
        If the time limit is below 0.
    """
    (found,) = verify_bounds(game, certificate, most=1, time_limit=time_limit)
    return found


@checked(game=GAME, certificates=CERTIFICATE, most=optional(COUNT))
def verify_bounds(
    game: Game,
    certificates: Path | str | Iterable[Any],
    *,
    most: int | None = None,
    time_limit: float | None = None,
) -> tuple[BoundVerification, ...]:
    """Replay the certificates of a file, one after the other.

    Parameters
    ----------
    game
        The game that they are about.
    certificates
        Their file, or the values of its lines.
    most
        How many there may be; any number if absent.
    time_limit
        Seconds after which the replay is cut off; ``None`` for no limit. The certificate in hand is then the last one
        that comes back; it says so (``cut_off``) and has not passed.

    Raises
    ------
    InvalidResultError
        As in :func:`verify_bound`; the message counts the lines of the certificate that it is about.
    OptionError
        If the time limit is below 0.
    """
    out_of_time = time_is_up(time_limit)
    lines = iter(lines_of(Path(certificates)) if isinstance(certificates, (str, os.PathLike)) else certificates)
    found: list[BoundVerification] = []
    line = next(lines, None)
    while line is not None or not found:
        if found and (len(found) == most or not isinstance(line, dict)):
            raise InvalidResultError(f"line {found[-1].nodes + 2} follows the last node of the tree")
        meant, follower = game_of_hash(game, line.get("game_hash") if isinstance(line, dict) else None)
        one = _verify_one(meant, line, lines, out_of_time)
        found.append(dataclasses.replace(one, follower=follower))
        if found[-1].cut_off:
            break
        line = next(lines, None)
    return tuple(found)


def may_ignore(exact: ExactGame, header: Header) -> bool:
    """Whether the ignored states cannot be reached from those that count; with a margin every state counts."""
    if not header.ignored:
        return True
    start = {state for state, weight in enumerate(header.weights) if weight > 0.0} | {
        state for state, _ in header.floor
    }
    everywhere = header.margin > 0.0 or header.values is not None or header.policy is not None
    return not everywhere and not reaches(exact, start) & set(header.ignored)


def _verify_one(game: Game, first: Any, lines: Iterator[Any], out_of_time: Callable[[], bool]) -> BoundVerification:
    """Replay one certificate whose header is given, or all those of a sum."""
    if is_sum(first):
        return _verify_sum(game, read_sum(first), lines, out_of_time)
    header = read_header(first)
    _check_sizes(game, header)
    weights = exact_weights(header.weights)
    checks = [_hash_check(game, header.game_hash)]
    exact = ExactGame.of(game)
    try:
        left, reducer = reduced_by(exact, header.reduction or (), _needed(header), out_of_time)
    except TimeIsUp:
        return _unread(header, weights, checks, nodes=0, cut_off=True)
    except ReductionError as error:
        checks.append(yes_or_no("reduction", False, str(error)))
        return _unread(header, weights, checks, nodes=nodes_skipped(lines), cut_off=False)
    if header.reduction:
        checks.append(yes_or_no("reduction", True, f"no value is lost; left are {_left(game, left.game)}"))
    return _verify_left(left, reducer, header, checks, lines, out_of_time)


def _left(game: Game, reduced: Game) -> str:
    """How much of a game is left."""
    counts = (
        (reduced.num_states, game.num_states, "states"),
        (int(reduced.leader_counts.sum()), int(game.leader_counts.sum()), "leader actions"),
        (int(reduced.follower_counts.sum()), int(game.follower_counts.sum()), "follower actions"),
    )
    return ", ".join(f"{now} of {before} {words}" for now, before, words in counts)


def _check_sizes(game: Game, header: Header | SumHeader) -> None:
    """Whether the lists of a header have the lengths that the game asks for."""
    if len(header.weights) != game.num_states:
        raise InvalidResultError(f"the certificate has {len(header.weights)} states, the game {game.num_states}")
    slots = int(game.leader_offsets[-1])
    rows = () if isinstance(header, SumHeader) or header.policy is None else header.policy.rows
    if any(len(row.coefficients) != slots for row in rows):
        raise InvalidResultError(f"a row on the leader's policy must have {slots} coefficients, one for each (s, a)")
    costs = () if isinstance(header, SumHeader) else header.costs
    if any(len(row.coefficients) != game.num_rows for row in costs):
        raise InvalidResultError(f"a bound on a cost must have {game.num_rows} costs, one for each (s, a, b)")


def _hash_check(game: Game, game_hash: str) -> Check:
    right = game_hash == game.content_hash
    return yes_or_no("game_hash", right, f"about {game_hash!r}, the game has {game.content_hash!r}")


def _needed(header: Header) -> Needed:
    """What a claim forbids the rounds that come before its tree."""
    weighted = {state for state, weight in enumerate(header.weights) if weight > 0.0}
    return Needed(
        states=frozenset(weighted | {state for state, _ in header.floor}),
        floors=frozenset(state for state, _ in header.floor),
        copies_only=header.margin > 0.0,
        any_values=header.values is not None,
    )


def _unread(
    header: Header, weights: tuple[Fraction, ...], checks: list[Check], *, nodes: int, cut_off: bool
) -> BoundVerification:
    """Of a certificate whose tree is about a game that is not what is left of the one at hand."""
    return BoundVerification(
        claimed=header.bound,
        proven=None,
        weights=weights,
        nodes=nodes,
        leaves=0,
        closed=0,
        checks=tuple(checks),
        margin=header.margin,
        floor=header.floor,
        values=None if header.values is None else tuple(map(Fraction, header.values)),
        slack=header.slack,
        cut_off=cut_off,
    )


def _verify_left(
    exact: ExactGame,
    reducer: Reducer,
    header: Header,
    checks: list[Check],
    lines: Iterator[Any],
    out_of_time: Callable[[], bool],
) -> BoundVerification:
    """Replay the tree, which is about what is left of the game."""
    whole_weights, whole_floor = exact_weights(header.weights), header.floor
    place = {state: number for number, state in enumerate(reducer.states)}
    header = dataclasses.replace(
        header,
        weights=reducer.weights(header.weights),
        floor=tuple((place[state], least) for state, least in header.floor),
    )
    standard, leader, follower = restated(exact, header.units, header.ignored)
    tree = Tree(standard, header, out_of_time)
    weights = exact_weights(header.weights)
    checks += [
        yes_or_no("ignored_states", may_ignore(exact, header), "ignored are only states that play no part"),
        yes_or_no("root_box", tree.root_is_valid(), "the root box holds the follower's values"),
    ]

    def own(bound: Fraction | float) -> Fraction:
        """In the game's own units: of the improvement program gains are bounded, from which constants have gone."""
        return leader.weighted(bound, weights) if header.values is None else leader.gain(bound)

    proven, skipped = None, 0
    if all(check.passed for check in checks):
        proven = tree.replay(lines)
        checks += [] if tree.cut_off else tree.outcome(proven)
    else:
        skipped = nodes_skipped(lines)
    return BoundVerification(
        claimed=None if header.bound is None else raised(own(header.bound)),
        proven=None if proven is None else own(proven),
        exact_claim=None if header.bound is None else own(header.bound),
        weights=whole_weights,
        nodes=tree.nodes + skipped,
        leaves=tree.leaves,
        closed=tree.leaves - tree.unproven,
        checks=tuple(checks),
        margin=float(follower.gain(header.margin)),
        floor=tuple((state, raised(leader.value(least, place[state]))) for state, least in whole_floor),
        values=None
        if header.values is None
        else tuple(leader.value(value, state) for state, value in enumerate(header.values)),
        slack=float(leader.gain(header.slack)),
        policy_rows=() if header.policy is None else header.policy.rows,
        costs=header.costs,
        most=header.most,
        cut_off=tree.cut_off,
    )


# -------------------------------------------------------------------- sums


def _verify_sum(
    game: Game, header: SumHeader, lines: Iterator[Any], out_of_time: Callable[[], bool]
) -> BoundVerification:
    """Replay the certificates of a sum, and put together what they prove."""
    _check_sizes(game, header)
    found: list[BoundVerification] = []
    nodes = 0
    while len(found) < header.parts and not (found and found[-1].cut_off):
        first = next(lines, None)
        if not isinstance(first, dict) or is_sum(first):
            raise InvalidResultError(
                f"line {nodes + 2} must be the header of part {len(found) + 1} of {header.parts} of a sum"
            )
        found.append(_verify_one(game, first, lines, out_of_time))
        nodes += found[-1].nodes + 1
    weights = exact_weights(header.weights)
    cut_off = found[-1].cut_off
    positive_ones, parts = positive(weights), [positive(one.weights) for one in found]
    shares = shares_of(positive_ones, parts)
    checks = [_hash_check(game, header.game_hash)]
    claimed: Fraction | None = None
    proven: Fraction | None = None
    if not cut_off:
        checks += [_parts_check(found), shares_check(positive_ones, parts, shares)]
        if all(check.passed for check in checks):
            rest = room_of(ExactGame.of(game), positive_ones, parts, shares)
            claimed = rest + sum(
                (w * (one.exact_claim or 0) for w, one in zip(shares, found, strict=True)), Fraction(0)
            )
            proven = rest + sum((w * (one.proven or 0) for w, one in zip(shares, found, strict=True)), Fraction(0))
            checks.append(_sum_check(claimed, header.bound))
    return BoundVerification(
        claimed=header.bound,
        proven=proven,
        exact_claim=Fraction(header.bound),
        weights=weights,
        nodes=nodes,
        leaves=sum(one.leaves for one in found),
        closed=sum(one.closed for one in found),
        checks=tuple(checks),
        parts=header.parts,
        cut_off=cut_off,
    )


def _parts_check(found: list[BoundVerification]) -> Check:
    """Whether every part is proven, of all policies."""
    for number, one in enumerate(found, start=1):
        for check in one.failed:
            return yes_or_no("parts", False, f"part {number} of {len(found)}: {check.name}: {check.detail}")
        if one.margin > 0.0 or one.floor or one.values is not None or one.of_allowed or one.proven is None:
            return yes_or_no("parts", False, f"part {number} of {len(found)} bounds the values of some policies only")
    return yes_or_no("parts", True, f"all {len(found)} parts are proven")


def _sum_check(total: Fraction, claimed: float) -> Check:
    excess = total - Fraction(claimed)
    return Check(
        name="bound",
        passed=excess <= 0,
        violation=excess,
        tolerance=Fraction(0),
        detail=f"the parts add up to {in_floats(total)}, claimed is {claimed!r}",
    )
