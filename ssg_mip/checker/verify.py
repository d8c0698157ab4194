"""``verify``: is what a result says true? Checked in exact arithmetic, by nothing that made the result."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from ssg_mip.base.rules import Rule, checked
from ssg_mip.base.tolerances import DEFAULT_TOLERANCES, TOLERANCES, Tolerances
from ssg_mip.checker.certificate_checks import certified_checks
from ssg_mip.checker.checkpoint import Checkpoint, unhurried
from ssg_mip.checker.claims import KNOWN_FORMATS, SUBJECTS, Claims, PointClaim
from ssg_mip.checker.clock import TimeIsUp, ends_by, time_is_up
from ssg_mip.checker.constraints.checks import asked_check, choose_answers, constraint_checks
from ssg_mip.checker.constraints.conflicts import conflict_check
from ssg_mip.checker.constraints.forms import served
from ssg_mip.checker.constraints.prices import price_checks
from ssg_mip.checker.dual.replay import BoundVerification
from ssg_mip.checker.enclosure_checks import enclosure_checks
from ssg_mip.checker.evidence import Prover
from ssg_mip.checker.followers import follower_checks, prover_for
from ssg_mip.checker.goals import goal_checks
from ssg_mip.checker.guarantee_checks import guarantee_check
from ssg_mip.checker.outcome import NO_TIME, CheckOutcome, claimed_words
from ssg_mip.checker.point_checks import (
    class_check,
    distribution_checks,
    margin_check,
    proof_check,
    response_checks,
    tied_state_check,
    trajectory_checks,
    value_checks,
)
from ssg_mip.checker.printed_checks import UNCHECKED_FIELDS, printed_check
from ssg_mip.checker.printed_claims import claimed_in, with_printed
from ssg_mip.checker.proven import ProvenBounds
from ssg_mip.checker.rational import ExactGame, exact_weights
from ssg_mip.checker.reading import read_claims
from ssg_mip.checker.run_checks import bound_checks, course_checks, dominance_check
from ssg_mip.checker.scalarised import scalarised_checks
from ssg_mip.checker.timely import timely, unlimited
from ssg_mip.checker.unproven import Judge, Proof
from ssg_mip.checker.values import weighted_sum
from ssg_mip.checker.verification import Check, Verification, yes_or_no
from ssg_mip.errors import InvalidResultError, OptionError
from ssg_mip.game.game import GAME, Game

CUT_OFF = "the time limit was reached in the replay of a certificate, and the rest was not replayed"
"""What is left out where a replay was cut off."""


class Printable(Protocol):
    """A ``Result``, a ``ParetoFront`` or an ``Enclosure``: anything with the plain data that it prints."""

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON data."""


class Question(Protocol):
    """A ``Problem``: a game with the constraints that were asked for."""

    @property
    def game(self) -> Game:
        """The game."""

    @property
    def stated(self) -> Sequence[Printable]:
        """The constraints, each with the plain data that files have of it."""


def _constraints_of(question: Question) -> list[dict[str, Any]]:
    return [one.to_dict() for one in question.stated]


QUESTION = Rule(
    f"{GAME.words}, or a Problem",
    lambda value: GAME.holds(value) or (GAME.holds(getattr(value, "game", None)) and hasattr(value, "stated")),
)
RESULT = Rule(
    "a Result, ParetoFront or Enclosure, or the dictionary that one of them prints (json.load reads it from a file)",
    lambda value: isinstance(value, Mapping) or (hasattr(value, "to_dict") and not isinstance(value, type)),
)
BOUNDS = Rule(
    "what verify_bounds returns",
    lambda value: isinstance(value, (list, tuple)) and all(isinstance(one, BoundVerification) for one in value),
)


@checked(game=QUESTION, result=RESULT, tolerances=TOLERANCES, bounds=BOUNDS)
def verify(
    game: Game | Question,
    result: Printable | Mapping[str, Any],
    *,
    tolerances: Tolerances = DEFAULT_TOLERANCES,
    bounds: Sequence[BoundVerification] = (),
    time_limit: float | None = None,
) -> Verification:
    """Check every claim of a result, a front or an enclosure that can be checked without trusting a solver.

    The policy's values and the follower's optimum are derived again in rational arithmetic from the game's stored
    floats. A printed number passes if it lies within a proven interval, widened by the rounding that floating point
    may honestly leave (:meth:`ssg_mip.checker.values.LocalScale.slack`). Bounds and statuses are sentences about
    all stationary policies: replayed certificates prove them, and the best pair of policies where that is enough
    (:mod:`ssg_mip.checker.proven`). What is not proven stands in ``claimed``, and ``word`` is then not
    ``verified``.

    Parameters
    ----------
    game
        The game that the result is about, or the problem: then the result must also be about its constraints. Beside a
        game the constraints are taken as the result states them.
    result
        A ``Result``, a ``ParetoFront``, an ``Enclosure``, or the dictionary that either prints with ``--json``.
    tolerances
        The tolerances that the result was made with.
    bounds
        Replays of certificates for the game (:func:`ssg_mip.verify_bounds`).
    time_limit
        Seconds after which no further policy is derived; ``None`` for no limit. The answer of a result is derived in
        any case. What is left out is named in ``left_out``, and ``word`` is then not ``verified``.

    Returns
    -------
    Verification
        All checks with their worst deviations. What cannot be read, or belongs to another game, is one failed check.

    Raises
    ------
    OptionError
        If ``result`` is none of these, or the time limit is below 0.
    """
    out_of_time = time_is_up(time_limit)
    checkpoint = ends_by(time_limit)
    whole, asked = (game, None) if isinstance(game, Game) else (game.game, _constraints_of(game))
    try:
        found = examine(
            whole,
            result,
            tolerances=tolerances,
            bounds=bounds,
            out_of_time=out_of_time,
            checkpoint=checkpoint,
            asked=asked,
        )
    except TimeIsUp:
        return Verification(
            subject=_subject(result), checks=(), word=NO_TIME.word, claimed=(), left_out=NO_TIME.reason, not_checked=()
        )
    return found.verification


def _subject(result: Printable | Mapping[str, Any]) -> str:
    """What kind of document it is.

    Raises
    ------
    OptionError
        If it is none of the known ones.
    """
    kind = result.get("format") if isinstance(result, Mapping) else result.to_dict().get("format")
    subject = SUBJECTS.get(kind) if isinstance(kind, str) else None
    if subject is None:
        raise OptionError(f"format is {kind!r}; {KNOWN_FORMATS}")
    return subject


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Examination:
    """A verification, and the outcome in short.

    Attributes
    ----------
    verification
        All checks.
    whole
        The outcome for the document; of a result, with what is proven about its answer.
    points
        The outcomes for the points of a front or an enclosure, each by the checks of that point alone, or that there
        was no time for it; empty for a result, and where the document could not be read.
    """

    verification: Verification
    whole: CheckOutcome
    points: tuple[CheckOutcome, ...] = ()


def examine(
    game: Game,
    result: Printable | Mapping[str, Any],
    *,
    tolerances: Tolerances = DEFAULT_TOLERANCES,
    bounds: Sequence[BoundVerification] = (),
    out_of_time: Callable[[], bool] = unlimited,
    checkpoint: Checkpoint = unhurried,
    asked: Sequence[Mapping[str, Any]] | None = None,
) -> Examination:
    """As :func:`verify`, with the outcomes that stand in the rows of results, fronts and batches.

    The constraints that were ``asked`` for are plain data; ``None`` where only the game is at hand.

    Once ``out_of_time()`` is true no further policy is derived (:mod:`ssg_mip.checker.timely`). What is left out
    is named, and the document is then not called verified, whatever the checks say that were made. The ``checkpoint``
    is called throughout, and what it raises ends all work.
    """
    started = time.perf_counter()
    data = result if isinstance(result, Mapping) else result.to_dict()
    subject = _subject(data)
    checks, claims = _read(game, data, asked)
    checkpoint()
    if claims is None:
        whole = _outcome(checks, seconds=time.perf_counter() - started)
        return Examination(verification=_verification(subject, checks, whole, "", Proof.NONE), whole=whole)
    bounds = tuple(one for one in bounds if claims.follower.is_certified_by(one.follower, game))
    game = claims.follower.game(game)
    exact = ExactGame.of(game)
    prover = prover_for(exact, claims, tolerances, checkpoint)
    num_points = len(claims.answers)
    claims, left_out = timely(claims, prover, out_of_time)
    if any(one.cut_off for one in bounds):
        left_out = "; ".join([*([left_out] if left_out else []), CUT_OFF])
    choose_answers(claims, prover)
    checks = (*checks, *_derived_checks(game, claims, exact, prover, tolerances, checkpoint))
    checks += (printed_check(data, claims, game), *price_checks(data, claims))
    if bounds:
        checks += certified_checks(claims, bounds, prover, exact)
    checkpoint()
    proven = ProvenBounds(
        exact,
        served(bounds, claims.constraints),
        claims.margin,
        out_of_time=out_of_time,
        tolerances=tolerances,
        contradicted=claims.conflict is not None and conflict_check(claims.conflict, claims, game).passed,
        by_ties=claims.follower.by_ties,
    )
    judge = Judge(claims, prover, proven, exact, out_of_time)
    proofs = [_proven(point, prover) for point in claims.answers]
    points: tuple[CheckOutcome, ...] = ()
    if subject != "result":
        each = [_point_checks(game, _only(claims, point), prover) for point in claims.answers]
        entries = data["points"]
        points = tuple(
            _outcome(own, claimed=with_printed(judge.point(point), entry, point, game), **proof)
            for point, entry, own, proof in zip(claims.answers, entries, each, proofs, strict=False)
        )
        points += (NO_TIME,) * (num_points - len(points))
    whole = _outcome(
        checks,
        left_out,
        claimed=claimed_in(data, claims, judge, game) if all(check.passed for check in checks) else (),
        has_values=bool(claims.answers),
        seconds=time.perf_counter() - started,
        **(proofs[0] if subject == "result" and proofs else {}),
    )
    return Examination(
        verification=_verification(subject, checks, whole, left_out, judge.dual_bounds), whole=whole, points=points
    )


def _verification(
    subject: str, checks: tuple[Check, ...], whole: CheckOutcome, left_out: str, bounds: Proof
) -> Verification:
    return Verification(
        subject=subject,
        checks=checks,
        word=whole.word,
        claimed=whole.claimed,
        left_out=left_out,
        bound_certified=bool(whole.passed is not False and bounds is Proof.ALL),
        not_checked=(*UNCHECKED_FIELDS[subject], *([left_out] if left_out else [])),
    )


def _read(
    game: Game, data: Mapping[str, Any], asked: Sequence[Mapping[str, Any]] | None
) -> tuple[tuple[Check, ...], Claims | None]:
    """The checks that need no values, and the claims if these passed."""
    same_game = _game_check(game, data)
    if not same_game.passed:
        return (same_game,), None
    try:
        claims = read_claims(game, data)
    except InvalidResultError as error:
        return (same_game, yes_or_no("readable", False, str(error))), None
    early = [*distribution_checks(claims, game), asked_check(game, data, claims, asked)]
    start = (same_game, yes_or_no("readable", True, "every claim is there, by the game's names"), *early)
    return start, claims if all(check.passed for check in early) else None


def _outcome(checks: Sequence[Check], left_out: str = "", claimed: tuple[str, ...] = (), **proven: Any) -> CheckOutcome:
    """The outcome of some checks; the first failed one is the reason, or else what was left out or is only claimed."""
    failed = next((check for check in checks if not check.passed), None)
    if failed is not None:
        return CheckOutcome(passed=False, reason=f"{failed.name}: {failed.detail}", claimed=claimed, **proven)
    if left_out:
        return CheckOutcome(passed=None, in_part=True, reason=left_out, claimed=claimed, **proven)
    return CheckOutcome(passed=True, reason=claimed_words(claimed), claimed=claimed, **proven)


def _proven(point: PointClaim, prover: Prover) -> dict[str, Any]:
    """What is proven about an answer: how good its response is, and both players' weighted values."""
    evidence, response = prover.about(point.policy), point.response or ()
    weights = exact_weights(point.weights)
    leader, follower = (weighted_sum(weights, values) for values in evidence.pair_values(response))
    return {
        "epsilon": evidence.epsilon(response),
        "leader_value": leader,
        "follower_value": follower,
        "arithmetic": evidence.leader.arithmetic,
    }


def _only(claims: Claims, point: PointClaim) -> Claims:
    """The claims about one point of several."""
    return dataclasses.replace(claims, answers=(point,), scalarisations=())


def _point_checks(game: Game, claims: Claims, prover: Prover) -> list[Check]:
    """The response and the values of the answers."""
    return [
        *response_checks(claims, prover, game),
        *follower_checks(claims, prover, game),
        *value_checks(claims, prover, game),
        proof_check(claims, prover),
    ]


def _derived_checks(
    game: Game,
    claims: Claims,
    exact: ExactGame,
    prover: Prover,
    tolerances: Tolerances,
    checkpoint: Checkpoint,
) -> list[Check]:
    """The checks that need the values derived again."""
    checks = _point_checks(game, claims, prover)
    checkpoint()
    checks += [margin_check(claims, prover, game), guarantee_check(claims, game, tolerances)]
    if claims.subject == "result":
        checks += [_status_check(claims), class_check(claims, game), tied_state_check(claims, prover, game)]
        checks += [*trajectory_checks(claims, prover, game), *scalarised_checks(claims, prover)]
        checks += goal_checks(claims, prover)
    elif claims.enclosure is not None:
        checks += enclosure_checks(claims.enclosure, claims.answers, prover)
    else:
        checks.append(dominance_check(claims, prover))
    checkpoint()
    return [
        *checks,
        *constraint_checks(claims, prover, game),
        *bound_checks(claims, prover, exact, tolerances),
        *course_checks(claims, prover, exact, tolerances),
    ]


def _game_check(game: Game, data: Mapping[str, Any]) -> Check:
    """The result names the content hash of this very game."""
    provenance = data.get("provenance")
    said = provenance.get("game_hash") if isinstance(provenance, Mapping) else None
    if said == game.content_hash:
        return yes_or_no("game_hash", True, "the result is about this game")
    return yes_or_no("game_hash", False, f"the result is about {said!r}, the game has {game.content_hash!r}")


_WITHOUT_POLICY = frozenset({"no_solution", "infeasible"})


def _status_check(claims: Claims) -> Check:
    """A policy is there exactly if the status says so."""
    has_policy = bool(claims.answers)
    holds = has_policy != (claims.status in _WITHOUT_POLICY)
    return yes_or_no("status", holds, f"{claims.status!r} {'with' if has_policy else 'without'} a policy")
