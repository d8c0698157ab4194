"""What a printed result claims, read from the plain data of ``to_dict`` without believing any of it.

Every name is looked up in the game and every number must be finite; a claim that cannot be read is an
:class:`~ssg_mip.errors.InvalidResultError` that names the place.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

from ssg_mip.certificates.rational import PolicyRows
from ssg_mip.errors import InvalidResultError
from ssg_mip.game import Game

RESULT_FORMAT = "ssg-mip-result/1"
FRONT_FORMAT = "ssg-mip-front/1"
ENCLOSURE_FORMAT = "ssg-mip-enclosure/1"

SUBJECTS = {RESULT_FORMAT: "result", FRONT_FORMAT: "front", ENCLOSURE_FORMAT: "enclosure"}
"""What a document of each format is called."""

KNOWN_FORMATS = f"a result says {RESULT_FORMAT!r}, a front {FRONT_FORMAT!r} and an enclosure {ENCLOSURE_FORMAT!r}"
"""For messages about other formats."""

TIE_RULES = ("leader", "first", "adverse")


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class ProofClaim:
    """What a printed answer says that the checker has proven: a bound and two intervals ``(lower, upper)``."""

    epsilon: float
    leader_value: tuple[float, float]
    follower_value: tuple[float, float]


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class GuaranteeClaim:
    """A policy near an answer with what it is said to secure whatever the follower does with ties.

    ``asked`` is the margin that separates close actions from others, ``margin`` the least advantage over the others
    (``None`` where there are none), ``leader_value`` the interval of the weighted value.
    """

    policy: PolicyRows
    response: tuple[int, ...]
    asked: float
    margin: float | None
    unique: bool
    leader_value: tuple[float, float]


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class PointClaim:
    """A leader policy and what it is said to be worth; members that a kind of point does not print are ``None``.

    ``response`` holds one follower action per state, counted within the state.
    """

    place: str
    policy: PolicyRows
    leader_values: tuple[float, ...]
    leader_value: float
    weights: tuple[float, ...]
    follower_values: tuple[float, ...] | None = None
    response: tuple[int, ...] | None = None
    dual_bound: float = math.inf
    step_bound: float = math.inf
    status: str = ""
    proof: ProofClaim | None = None
    guarantee: GuaranteeClaim | None = None


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class ScalarisationClaim:
    """One weighted sum of a front, or the one of a result: its weights, value and bound."""

    place: str
    weights: tuple[float, ...]
    leader_value: float | None
    dual_bound: float
    relative_gap: float
    gap_scale: float


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class EnclosureClaim:
    """What an enclosure says beside its points.

    ``objectives`` holds a player and a start distribution each, ``values`` the objectives at each point, ``bounds`` the
    local upper bounds and ``ceilings`` the weights and bounds of weighted sums. For every policy some point is at most
    ``resolution`` worse in each objective, it says.
    """

    objectives: tuple[tuple[str, tuple[float, ...]], ...]
    values: tuple[tuple[float, ...], ...]
    bounds: tuple[tuple[float, ...], ...]
    ceilings: tuple[tuple[tuple[float, ...], float], ...]
    resolution: float


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Claims:
    """Everything that a result, a front or an enclosure says and that can be checked.

    ``answers`` holds the answer of a result (nothing if it has no policy), or the points of the others; ``tied_states``
    is ``None`` for these.
    """

    subject: str
    game_hash: str
    method: str
    status: str
    ties: str
    gap: float | None
    answers: tuple[PointClaim, ...]
    trajectory: tuple[PointClaim, ...]
    scalarisations: tuple[ScalarisationClaim, ...]
    tied_states: frozenset[int] | None
    separation: float = 0.0
    margin: float = 0.0
    enclosure: EnclosureClaim | None = None


def read_claims(game: Game, data: Mapping[str, Any]) -> Claims:
    """The claims of a result, a front or an enclosure about ``game``.

    Raises
    ------
    InvalidResultError
        If something is missing, of the wrong kind, or named differently in the game.
    """
    reader = _Reader(game)
    if data.get("format") == FRONT_FORMAT:
        return reader.front(data)
    if data.get("format") == RESULT_FORMAT:
        return reader.result(data)
    if data.get("format") == ENCLOSURE_FORMAT:
        return reader.enclosure(data)
    raise InvalidResultError(f"format is {data.get('format')!r}; {KNOWN_FORMATS}")


class _Reader:
    """Reads claims about one game."""

    def __init__(self, game: Game) -> None:
        self._game = game

    # ---------------------------------------------------------------- whole documents

    def result(self, data: Mapping[str, Any]) -> Claims:
        weights = self._by_state(data, "weights", "")
        has_policy = _member(data, "leader_policy", "") is not None
        answers: tuple[PointClaim, ...] = ()
        if has_policy:
            answers = (self._point(data, "", weights),)
            if "stationary" in (_text(data, "termination", ""), answers[0].status):
                answers = (dataclasses.replace(answers[0], status="stationary"),)
        whole = ScalarisationClaim(
            place="the result",
            weights=weights,
            leader_value=answers[0].leader_value if has_policy else None,
            dual_bound=_bound(data, "dual_bound", ""),
            relative_gap=_bound(data, "relative_gap", ""),
            gap_scale=_number(_member(data, "gap_scale", ""), "gap_scale"),
        )
        if not has_policy:
            self._expect_nothing(data)
        trajectory = tuple(
            self._iterate(entry, index, weights) for index, entry in enumerate(_list(data, "trajectory", ""))
        )
        return Claims(
            subject="result",
            **self._frame(data),
            status=_text(data, "status", ""),
            answers=answers,
            trajectory=trajectory,
            scalarisations=(whole,),
            tied_states=frozenset(self._state(name, "tied_states") for name in _list(data, "tied_states", "")),
        )

    def front(self, data: Mapping[str, Any]) -> Claims:
        points = [_mapping(entry, f"points[{index}]") for index, entry in enumerate(_list(data, "points", ""))]
        sums = [
            _mapping(entry, f"scalarisations[{index}]") for index, entry in enumerate(_list(data, "scalarisations", ""))
        ]
        return Claims(
            subject="front",
            **self._frame(data),
            status="",
            answers=tuple(
                self._point(point, f"points[{index}].", self._by_state(point, "weights", f"points[{index}]."))
                for index, point in enumerate(points)
            ),
            trajectory=(),
            scalarisations=tuple(self._scalarisation(entry, index) for index, entry in enumerate(sums)),
            tied_states=None,
            separation=_number(_member(data, "tolerance", ""), "tolerance"),
        )

    def enclosure(self, data: Mapping[str, Any]) -> Claims:
        points = [_mapping(entry, f"points[{index}]") for index, entry in enumerate(_list(data, "points", ""))]
        objectives = tuple(self._objective(entry, index) for index, entry in enumerate(_list(data, "objectives", "")))
        count = len(objectives)
        ceilings = [_mapping(entry, f"ceilings[{index}]") for index, entry in enumerate(_list(data, "ceilings", ""))]
        return Claims(
            subject="enclosure",
            **self._frame(data),
            status="",
            answers=tuple(
                self._point(point, f"points[{index}].", self._by_state(point, "weights", f"points[{index}]."))
                for index, point in enumerate(points)
            ),
            trajectory=(),
            scalarisations=(),
            tied_states=None,
            enclosure=EnclosureClaim(
                objectives=objectives,
                values=tuple(
                    _vector(_list(point, "values", f"points[{index}]."), count, f"points[{index}].values")
                    for index, point in enumerate(points)
                ),
                bounds=tuple(
                    _vector(row, count, f"upper_bounds[{index}]")
                    for index, row in enumerate(_list(data, "upper_bounds", ""))
                ),
                ceilings=tuple(
                    (
                        _vector(_list(entry, "weights", f"ceilings[{index}]."), count, f"ceilings[{index}].weights"),
                        _number(_member(entry, "bound", f"ceilings[{index}]."), f"ceilings[{index}].bound"),
                    )
                    for index, entry in enumerate(ceilings)
                ),
                resolution=_bound(data, "resolution", ""),
            ),
        )

    def _objective(self, entry: Any, index: int) -> tuple[str, tuple[float, ...]]:
        at = f"objectives[{index}]."
        data = _mapping(entry, at)
        player = _text(data, "player", at)
        if player not in ("leader", "follower"):
            raise InvalidResultError(f"{at}player is {player!r}; it must be leader or follower")
        return player, self._by_state(data, "start", at)

    def _frame(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """What a result and a front have in common."""
        provenance = _mapping(_member(data, "provenance", ""), "provenance")
        options = _mapping(_member(provenance, "options", "provenance."), "provenance.options")
        ties = _text(data, "ties", "")
        if ties not in TIE_RULES:
            raise InvalidResultError(f"ties is {ties!r}; it must be one of {', '.join(TIE_RULES)}")
        gap = options.get("gap")
        margin = _number(data.get("margin", 0.0), "margin")
        if margin < 0.0:
            raise InvalidResultError(f"margin is {margin!r}; it must be at least 0")
        return {
            "margin": margin,
            "game_hash": _text(provenance, "game_hash", "provenance."),
            "method": _text(data, "method", ""),
            "ties": ties,
            "gap": None if gap is None else _number(gap, "provenance.options.gap"),
        }

    # ---------------------------------------------------------------- parts

    def _point(self, data: Mapping[str, Any], at: str, weights: tuple[float, ...]) -> PointClaim:
        return PointClaim(
            place=at.rstrip(".") or "the answer",
            policy=self._policy(data, at),
            leader_values=self._by_state(data, "leader_values", at),
            leader_value=_number(_member(data, "leader_value", at), f"{at}leader_value"),
            weights=weights,
            follower_values=self._by_state(data, "follower_values", at),
            response=self._response(data, at),
            dual_bound=_bound(data, "dual_bound", at),
            status=_text(data, "status", at),
            proof=_proof(data, at),
            guarantee=self._guarantee(data, at),
        )

    def _guarantee(self, data: Mapping[str, Any], at: str) -> GuaranteeClaim | None:
        """The policy beside an answer, where one is printed."""
        if data.get("guaranteed") is None:
            return None
        place = f"{at}guaranteed."
        given = _mapping(data["guaranteed"], place)
        if _member(given, "leader_policy", place) is None:
            return None
        margin = _member(given, "margin", place)
        return GuaranteeClaim(
            policy=self._policy(given, place),
            response=self._response(given, place),
            asked=_number(_member(given, "margin_asked", place), f"{place}margin_asked"),
            margin=None if margin is None else _number(margin, f"{place}margin"),
            unique=_member(given, "unique", place) is True,
            leader_value=_interval(given, "leader_value", place),
        )

    def _iterate(self, entry: Any, index: int, weights: tuple[float, ...]) -> PointClaim:
        at = f"trajectory[{index}]."
        data = _mapping(entry, at)
        number = _member(data, "iteration", at)
        if number != index:
            raise InvalidResultError(f"{at}iteration is {number!r}; iterations count from 0, so it must be {index}")
        return PointClaim(
            place=at.rstrip("."),
            policy=self._policy(data, at),
            leader_values=self._by_state(data, "leader_values", at),
            leader_value=_number(_member(data, "leader_value", at), f"{at}leader_value"),
            weights=weights,
            step_bound=_bound(data, "step_bound", at),
        )

    def _scalarisation(self, data: Mapping[str, Any], index: int) -> ScalarisationClaim:
        at = f"scalarisations[{index}]."
        value = _member(data, "leader_value", at)
        return ScalarisationClaim(
            place=at.rstrip("."),
            weights=self._by_state(data, "weights", at),
            leader_value=None if value is None else _number(value, f"{at}leader_value"),
            dual_bound=_bound(data, "dual_bound", at),
            relative_gap=_bound(data, "relative_gap", at),
            gap_scale=_number(_member(data, "gap_scale", at), f"{at}gap_scale"),
        )

    def _policy(self, data: Mapping[str, Any], at: str) -> PolicyRows:
        table = self._of_states(_member(data, "leader_policy", at), f"{at}leader_policy")
        rows = []
        for index, state in enumerate(self._game.state_names):
            place = f"{at}leader_policy[{state!r}]"
            given = _mapping(table[state], place)
            actions = self._game.leader_actions[index]
            _expect_names(given, actions, place)
            row = tuple(_number(given.get(action, 0.0), f"{place}[{action!r}]") for action in actions)
            if min(row) < 0.0:
                raise InvalidResultError(f"{place} holds {min(row)!r}; probabilities must be at least 0")
            rows.append(row)
        return tuple(rows)

    def _response(self, data: Mapping[str, Any], at: str) -> tuple[int, ...]:
        table = self._of_states(_member(data, "follower_policy", at), f"{at}follower_policy")
        chosen = []
        for index, state in enumerate(self._game.state_names):
            actions = self._game.follower_actions[index]
            if not isinstance(table[state], str) or table[state] not in actions:
                raise InvalidResultError(
                    f"{at}follower_policy[{state!r}] is {table[state]!r}; the state has no such follower action"
                )
            chosen.append(actions.index(table[state]))
        return tuple(chosen)

    def _by_state(self, data: Mapping[str, Any], key: str, at: str) -> tuple[float, ...]:
        table = self._of_states(_member(data, key, at), f"{at}{key}")
        return tuple(_number(table[state], f"{at}{key}[{state!r}]") for state in self._game.state_names)

    def _of_states(self, value: Any, place: str) -> Mapping[str, Any]:
        table = _mapping(value, place)
        _expect_names(table, self._game.state_names, place)
        missing = [state for state in self._game.state_names if state not in table]
        if missing:
            raise InvalidResultError(f"{place} says nothing about state {missing[0]!r}")
        return table

    def _state(self, name: Any, place: str) -> int:
        if not isinstance(name, str) or name not in self._game.state_names:
            raise InvalidResultError(f"{place} names the unknown state {name!r}")
        return self._game.state_index(name)

    def _expect_nothing(self, data: Mapping[str, Any]) -> None:
        """Without a policy no value may be claimed."""
        for key in ("leader_values", "follower_values"):
            claimed = self._of_states(_member(data, key, ""), key)
            if any(value is not None for value in claimed.values()):
                raise InvalidResultError(f"{key} are claimed although there is no leader_policy")
        for key in ("leader_value", "follower_policy"):
            if _member(data, key, "") is not None:
                raise InvalidResultError(f"{key} is claimed although there is no leader_policy")


def _proof(data: Mapping[str, Any], at: str) -> ProofClaim | None:
    """The outcome of an earlier check, where one is printed with its numbers."""
    if data.get("check") is None:
        return None
    place = f"{at}check"
    given = _mapping(data["check"], place)
    if given.get("epsilon") is None:
        return None
    return ProofClaim(
        epsilon=_number(given["epsilon"], f"{place}.epsilon"),
        leader_value=_interval(given, "leader_value", f"{place}."),
        follower_value=_interval(given, "follower_value", f"{place}."),
    )


def _interval(data: Mapping[str, Any], key: str, at: str) -> tuple[float, float]:
    ends = [_number(end, f"{at}{key}") for end in _list(data, key, at)]
    if len(ends) != 2 or ends[0] > ends[1]:
        raise InvalidResultError(f"{at}{key} is {ends!r}; it must be an interval [lower, upper]")
    return ends[0], ends[1]


def _member(data: Mapping[str, Any], key: str, at: str) -> Any:
    if key not in data:
        raise InvalidResultError(f"{at}{key} is missing")
    return data[key]


def _mapping(value: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidResultError(f"{place.rstrip('.')} is a {type(value).__name__}; it must be an object")
    return value


def _list(data: Mapping[str, Any], key: str, at: str) -> Sequence[Any]:
    value = _member(data, key, at)
    if not isinstance(value, (list, tuple)):
        raise InvalidResultError(f"{at}{key} is a {type(value).__name__}; it must be a list")
    return value


def _vector(value: Any, length: int, place: str) -> tuple[float, ...]:
    if not isinstance(value, (list, tuple)) or len(value) != length:
        raise InvalidResultError(f"{place} is {value!r}; it must be a list of {length} numbers")
    return tuple(_number(entry, place) for entry in value)


def _text(data: Mapping[str, Any], key: str, at: str) -> str:
    value = _member(data, key, at)
    if not isinstance(value, str):
        raise InvalidResultError(f"{at}{key} is {value!r}; it must be a text")
    return value


def _number(value: Any, place: str) -> float:
    try:
        number = float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else math.nan
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise InvalidResultError(f"{place} is not a finite number")
    return number


def _bound(data: Mapping[str, Any], key: str, at: str) -> float:
    """A number, or infinity where none is printed."""
    value = _member(data, key, at)
    return math.inf if value is None else _number(value, f"{at}{key}")


def _expect_names(table: Mapping[str, Any], known: Sequence[str], place: str) -> None:
    unknown = sorted(set(map(str, table)) - set(known))
    if unknown:
        raise InvalidResultError(f"{place} names {unknown[0]!r}, which the game does not have there")
