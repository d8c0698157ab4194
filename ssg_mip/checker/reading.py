"""Reads what a printed result, front or enclosure claims from the plain data of ``to_dict``, believing none of it.

Every name is looked up in the game and every number must be finite; a claim that cannot be read is an
:class:`~ssg_mip.errors.InvalidResultError` that names the place.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

from ssg_mip.checker import fields
from ssg_mip.checker.claims import (
    ENCLOSURE_FORMAT,
    FRONT_FORMAT,
    KNOWN_FORMATS,
    PROMISES,
    RESULT_FORMAT,
    STATUSES,
    TERMINATIONS,
    TIE_RULES,
    Claims,
    EnclosureClaim,
    GuaranteeClaim,
    PointClaim,
    ProofClaim,
    ScalarisationClaim,
)
from ssg_mip.checker.constraints.conflicts import read_conflict
from ssg_mip.checker.constraints.reading import read_constraints
from ssg_mip.checker.follower_claim import RATIONAL, FollowerClaim, read_follower
from ssg_mip.checker.goals import read_goal
from ssg_mip.checker.rational import PolicyRows
from ssg_mip.checker.scalarised import read_scalarised, read_scalarised_iterate
from ssg_mip.errors import InvalidResultError
from ssg_mip.game.game import Game

MOST_LEVELS = 1000
"""Finer classes are not gone through."""


def read_claims(game: Game, data: Mapping[str, Any]) -> Claims:
    """The claims of a result, a front or an enclosure about ``game``.

    Raises
    ------
    InvalidResultError
        If something is missing, of the wrong kind, or named differently in the game.
    """
    reader = _Reader(game, _follower(data))
    if data.get("format") == FRONT_FORMAT:
        return reader.front(data)
    if data.get("format") == RESULT_FORMAT:
        return reader.result(data)
    if data.get("format") == ENCLOSURE_FORMAT:
        return reader.enclosure(data)
    raise InvalidResultError(f"format is {data.get('format')!r}; {KNOWN_FORMATS}")


def _follower(data: Mapping[str, Any]) -> FollowerClaim:
    """The follower that a document names; the options of its run must name the same."""
    provenance = fields.mapping(fields.member(data, "provenance", ""), "provenance")
    options = fields.mapping(fields.member(provenance, "options", "provenance."), "provenance.options")
    return read_follower(data, options)


class _Reader:
    """Reads claims about one game."""

    def __init__(self, game: Game, follower: FollowerClaim = RATIONAL) -> None:
        self._game = game
        self._follower = follower

    # ---------------------------------------------------------------- whole documents

    def result(self, data: Mapping[str, Any]) -> Claims:
        weights = self._by_state(data, "weights", "")
        has_policy = fields.member(data, "leader_policy", "") is not None
        answers: tuple[PointClaim, ...] = ()
        if has_policy:
            answers = (self._point(data, "", weights),)
            if "stationary" in (fields.one_of(TERMINATIONS, data, "termination", ""), answers[0].status):
                answers = (dataclasses.replace(answers[0], status="stationary"),)
        whole = ScalarisationClaim(
            place="the result",
            weights=weights,
            leader_value=answers[0].leader_value if has_policy else None,
            dual_bound=fields.bound(data, "dual_bound", ""),
            relative_gap=fields.bound(data, "relative_gap", ""),
            gap_scale=fields.number(fields.member(data, "gap_scale", ""), "gap_scale"),
        )
        if not has_policy:
            self._expect_nothing(data)
        scalarised = read_scalarised(data, self._by_state, has_policy=has_policy)
        trajectory = tuple(
            self._iterate(entry, index, weights, scalarised is not None)
            for index, entry in enumerate(fields.list_of(data, "trajectory", ""))
        )
        frame = self._frame(data)
        return Claims(
            subject="result",
            **frame,
            conflict=read_conflict(self._game, data, frame["constraints"], self._policy),
            status=fields.one_of(STATUSES, data, "status", ""),
            answers=answers,
            trajectory=trajectory,
            scalarisations=(whole,),
            scalarised=scalarised,
            goal=read_goal(data, self._game, self._by_state, has_policy=has_policy),
            tied_states=frozenset(self._state(name, "tied_states") for name in fields.list_of(data, "tied_states", "")),
        )

    def front(self, data: Mapping[str, Any]) -> Claims:
        points = fields.entries(data, "points")
        sums = fields.entries(data, "scalarisations")
        return Claims(
            subject="front",
            **self._frame(data),
            status="",
            answers=self._points(points),
            trajectory=(),
            scalarisations=tuple(self._scalarisation(entry, index) for index, entry in enumerate(sums)),
            tied_states=None,
            separation=fields.number(fields.member(data, "tolerance", ""), "tolerance"),
        )

    def enclosure(self, data: Mapping[str, Any]) -> Claims:
        points = fields.entries(data, "points")
        objectives = tuple(
            self._objective(entry, index) for index, entry in enumerate(fields.list_of(data, "objectives", ""))
        )
        count = len(objectives)
        ceilings = fields.entries(data, "ceilings")
        return Claims(
            subject="enclosure",
            **self._frame(data),
            status="",
            answers=self._points(points),
            trajectory=(),
            scalarisations=(),
            tied_states=None,
            enclosure=EnclosureClaim(
                objectives=objectives,
                values=tuple(
                    fields.vector(
                        fields.list_of(point, "values", f"points[{index}]."), count, f"points[{index}].values"
                    )
                    for index, point in enumerate(points)
                ),
                bounds=tuple(
                    fields.vector(row, count, f"upper_bounds[{index}]")
                    for index, row in enumerate(fields.list_of(data, "upper_bounds", ""))
                ),
                ceilings=tuple(
                    (
                        fields.vector(
                            fields.list_of(entry, "weights", f"ceilings[{index}]."), count, f"ceilings[{index}].weights"
                        ),
                        fields.number(fields.member(entry, "bound", f"ceilings[{index}]."), f"ceilings[{index}].bound"),
                    )
                    for index, entry in enumerate(ceilings)
                ),
                resolution=fields.bound(data, "resolution", ""),
            ),
        )

    def _objective(self, entry: Any, index: int) -> tuple[str, tuple[float, ...]]:
        at = f"objectives[{index}]."
        data = fields.mapping(entry, at)
        player = fields.one_of(("leader", "follower"), data, "player", at)
        return player, self._by_state(data, "start", at)

    def _frame(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """What a result and a front have in common."""
        provenance = fields.mapping(fields.member(data, "provenance", ""), "provenance")
        options = fields.mapping(fields.member(provenance, "options", "provenance."), "provenance.options")
        ties = fields.one_of(TIE_RULES, data, "ties", "")
        gap = options.get("gap")
        promises = _promises(data)
        margin = fields.number(fields.member(data, "margin", ""), "margin")
        if margin < 0.0:
            raise InvalidResultError(f"margin is {margin!r}; it must be at least 0")
        return {
            "margin": margin,
            "constraints": read_constraints(self._game, data),
            "termination": fields.one_of(TERMINATIONS, data, "termination", ""),
            "levels": _levels(promises, options),
            "promises": promises,
            "follower": self._follower,
            "game_hash": fields.text(provenance, "game_hash", "provenance."),
            "method": fields.text(data, "method", ""),
            "ties": ties,
            "gap": None if gap is None else fields.number(gap, "provenance.options.gap"),
        }

    # ---------------------------------------------------------------- parts

    def _points(self, points: Sequence[Mapping[str, Any]]) -> tuple[PointClaim, ...]:
        return tuple(
            self._point(point, f"points[{index}].", self._by_state(point, "weights", f"points[{index}]."))
            for index, point in enumerate(points)
        )

    def _point(self, data: Mapping[str, Any], at: str, weights: tuple[float, ...]) -> PointClaim:
        return PointClaim(
            place=at.rstrip(".") or "the answer",
            policy=self._policy(data, at),
            leader_values=self._by_state(data, "leader_values", at),
            leader_value=fields.number(fields.member(data, "leader_value", at), f"{at}leader_value"),
            weights=weights,
            follower_values=self._by_state(data, "follower_values", at),
            **self._played(data, at),
            dual_bound=fields.bound(data, "dual_bound", at),
            status=fields.one_of(STATUSES, data, "status", at),
            gain_bound=fields.bound(data, "gain_bound", at) if "gain_bound" in data else math.inf,
            proof=_proof(data, at),
            guarantee=self._guarantee(data, at),
        )

    def _guarantee(self, data: Mapping[str, Any], at: str) -> GuaranteeClaim | None:
        """The policy beside an answer, where one is printed."""
        if fields.member(data, "guaranteed", at) is None:
            return None
        place = f"{at}guaranteed."
        given = fields.mapping(data["guaranteed"], place)
        if fields.member(given, "leader_policy", place) is None:
            return None
        margin = fields.member(given, "margin", place)
        return GuaranteeClaim(
            policy=self._policy(given, place),
            response=self._response(given, place),
            asked=fields.number(fields.member(given, "margin_asked", place), f"{place}margin_asked"),
            margin=None if margin is None else fields.number(margin, f"{place}margin"),
            unique=fields.member(given, "unique", place) is True,
            leader_value=fields.interval_of(given, "leader_value", place),
        )

    def _iterate(self, entry: Any, index: int, weights: tuple[float, ...], is_scalarised: bool) -> PointClaim:
        at = f"trajectory[{index}]."
        data = fields.mapping(entry, at)
        number = fields.member(data, "iteration", at)
        if number != index:
            raise InvalidResultError(f"{at}iteration is {number!r}; iterations count from 0, so it must be {index}")
        value, left = read_scalarised_iterate(data, at, is_asked=is_scalarised)
        return PointClaim(
            place=at.rstrip("."),
            policy=self._policy(data, at),
            leader_values=self._by_state(data, "leader_values", at),
            leader_value=fields.number(fields.member(data, "leader_value", at), f"{at}leader_value"),
            weights=weights,
            response=self._response(data, at) if "follower_policy" in data else None,
            step_bound=fields.bound(data, "step_bound", at),
            scalarised_value=value,
            scalarised_step_bound=left,
        )

    def _scalarisation(self, data: Mapping[str, Any], index: int) -> ScalarisationClaim:
        at = f"scalarisations[{index}]."
        value = fields.member(data, "leader_value", at)
        second = fields.member(data, "second_solve", at)
        settled = {} if second is None else self._second_solve(fields.mapping(second, f"{at}second_solve"), at)
        return ScalarisationClaim(
            place=at.rstrip("."),
            weights=self._by_state(data, "weights", at),
            leader_value=None if value is None else fields.number(value, f"{at}leader_value"),
            dual_bound=fields.bound(data, "dual_bound", at),
            relative_gap=fields.bound(data, "relative_gap", at),
            gap_scale=fields.number(fields.member(data, "gap_scale", at), f"{at}gap_scale"),
            status=fields.one_of(STATUSES, data, "status", at),
            termination=fields.one_of(TERMINATIONS, data, "termination", at),
            **settled,
        )

    def _second_solve(self, data: Mapping[str, Any], at: str) -> dict[str, Any]:
        place = f"{at}second_solve."
        fields.one_of(TERMINATIONS, data, "termination", place)
        return {
            "gain_bound": fields.bound(data, "gain_bound", place),
            "first_values": self._by_state(data, "first_values", place),
        }

    def _policy(self, data: Mapping[str, Any], at: str) -> PolicyRows:
        return self._mixed(data, f"{at}leader_policy", at, self._game.leader_actions)

    def _mixed(self, data: Mapping[str, Any], whole: str, at: str, names: Sequence[Sequence[str]]) -> PolicyRows:
        """A mixed policy over actions of these names."""
        table = self._of_states(fields.member(data, whole.removeprefix(at), at), whole)
        rows = []
        for index, state in enumerate(self._game.state_names):
            place = f"{whole}[{state!r}]"
            given = fields.mapping(table[state], place)
            actions = names[index]
            fields.expect_names(given, actions, place)
            row = tuple(fields.number(given.get(action, 0.0), f"{place}[{action!r}]") for action in actions)
            if min(row) < 0.0:
                raise InvalidResultError(f"{place} holds {min(row)!r}; probabilities must be at least 0")
            rows.append(row)
        return tuple(rows)

    def _played(self, data: Mapping[str, Any], at: str) -> dict[str, Any]:
        """What the follower plays: a response, or a mix."""
        if not self._follower.mixes:
            return {"response": self._response(data, at)}
        game = self._game
        return {"mix": self._mixed(data, f"{at}follower_policy", at, game.follower_actions)}

    def _response(self, data: Mapping[str, Any], at: str) -> tuple[int, ...]:
        table = self._of_states(fields.member(data, "follower_policy", at), f"{at}follower_policy")
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
        table = self._of_states(fields.member(data, key, at), f"{at}{key}")
        return tuple(fields.number(table[state], f"{at}{key}[{state!r}]") for state in self._game.state_names)

    def _of_states(self, value: Any, place: str) -> Mapping[str, Any]:
        table = fields.mapping(value, place)
        fields.expect_names(table, self._game.state_names, place)
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
            claimed = self._of_states(fields.member(data, key, ""), key)
            if any(value is not None for value in claimed.values()):
                raise InvalidResultError(f"{key} are claimed although there is no leader_policy")
        for key in ("leader_value", "follower_policy"):
            if fields.member(data, key, "") is not None:
                raise InvalidResultError(f"{key} is claimed although there is no leader_policy")


def _levels(promises: frozenset[str], options: Mapping[str, Any]) -> int:
    """In which shares the method deals out probability; 0 where it is free."""
    if "deterministic" in promises:
        return 1
    given = options.get("levels")
    return given if "on_grid" in promises and type(given) is int and 1 <= given <= MOST_LEVELS else 0


def _promises(data: Mapping[str, Any]) -> frozenset[str]:
    """What the method is said to keep; nothing in a document without methods of its own."""
    given = fields.list_of(data, "promises", "") if "promises" in data else ()
    for index, word in enumerate(given):
        if word not in PROMISES:
            raise InvalidResultError(f"promises[{index}] is {word!r}; it must be one of {', '.join(PROMISES)}")
    return frozenset(given)


def _proof(data: Mapping[str, Any], at: str) -> ProofClaim | None:
    """The outcome of an earlier check, where one is printed with its numbers."""
    if fields.member(data, "check", at) is None:
        return None
    place = f"{at}check"
    given = fields.mapping(data["check"], place)
    if given.get("epsilon") is None:
        return None
    return ProofClaim(
        epsilon=fields.number(given["epsilon"], f"{place}.epsilon"),
        leader_value=fields.interval_of(given, "leader_value", f"{place}."),
        follower_value=fields.interval_of(given, "follower_value", f"{place}."),
    )
