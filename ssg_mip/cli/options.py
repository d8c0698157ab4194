"""The options that several commands share, declared once, and the parsing of those that are not plain numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import typer

from ssg_mip.cli.outputs import file_named
from ssg_mip.errors import InvalidPolicyError, OptionError
from ssg_mip.evaluation.best_response import Ties as TieRule
from ssg_mip.evaluation.best_response import check_ties

if TYPE_CHECKING:
    from ssg_mip.problem.goal import Goal
    from ssg_mip.runs.run import StepSelection

Instance = Annotated[Path, typer.Argument(metavar="INSTANCE", help="Instance file.", show_default=False)]
METHODS_TOLD = (
    "policy-iteration, restarted-policy-iteration, commitment (proven optimum), response-regions, "
    "backtracking, deterministic, grid, or local (large games: good policies, no proof); of the related papers "
    "fixed-point, policy-gradient, bilevel-q, "
    "asymmetric-learning and, with the extra learn, actor-critic and ppo-hedge."
)
Method = Annotated[str, typer.Option("--method", help=METHODS_TOLD)]
UsualMethod = Annotated[
    str,
    typer.Option(
        "--method", help=f"{METHODS_TOLD} The usual one is policy-iteration, or for other followers the first that can."
    ),
]
Follower = Annotated[
    str | None,
    typer.Option(
        "--follower",
        metavar="KIND[:NUMBER]",
        help="How the follower answers: rational (with --ties and --margin), myopic (he looks at the next step only), "
        "near-optimal:EPSILON or near-optimal:EPSILON:pessimistic (any answer that costs him so little, the best "
        "or the worst for the leader), quantal:TEMPERATURE (he errs, the less the more it costs him).",
        show_default=False,
    ),
]
Ties = Annotated[
    str, typer.Option("--ties", help="What an indifferent follower does: leader (best for it), first or adverse.")
]
Weights = Annotated[
    str | None,
    typer.Option(
        "--weights",
        metavar="TEXT|FILE",
        help='Weights over states: "s1=0.5,s2=0.5", a JSON object {"s1": 0.5}, or a JSON file with one (states whose '
        "names hold a comma or an equals sign need JSON). States left out weigh 0. Default: the start distribution.",
        show_default=False,
    ),
]
ScalarisationGiven = Annotated[
    str | None,
    typer.Option(
        "--scalarisation",
        metavar="TEXT|FILE",
        help="What the steps of policy iteration maximise: augmented-chebyshev (with its defaults), or a JSON object, "
        "or a JSON file with one, that has a kind (weighted-sum, augmented-chebyshev, concave-pieces) and its numbers "
        "by state. Default: the weighted sum.",
        show_default=False,
    ),
]
GoalGiven = Annotated[
    str | None,
    typer.Option(
        "--goal",
        metavar="TEXT|FILE",
        help="In the place of a weighted sum: worst-start:s1,s2 (the least value over these starts) or "
        "lexicographic:s1,s2 (one state's value after the other); or a JSON object, or a JSON file with one: kind "
        "worst-start with starts (states, or probabilities by state), or lexicographic with weights (a list, each by "
        "state) and tolerance. Needs --method commitment.",
        show_default=False,
    ),
]
WeightVectors = Annotated[
    list[str] | None,
    typer.Option(
        "--weights",
        metavar="TEXT|FILE",
        help="One weight vector, as in solve; repeat for more. Default: chosen over the simplex.",
        show_default=False,
    ),
]
Gap = Annotated[float, typer.Option("--gap", help="Relative gap between value and bound at which to stop.")]
TimeLimit = Annotated[float | None, typer.Option("--time-limit", help="Seconds; none by default.", show_default=False)]
NodeLimit = Annotated[
    int | None, typer.Option("--node-limit", help="Branch-and-bound nodes; none by default.", show_default=False)
]
MemoryLimit = Annotated[
    str | None,
    typer.Option(
        "--memory-limit",
        metavar="BYTES",
        help='What the process may hold, such as "500 MB" or 2GiB; a search that reaches it ends with what it has.',
        show_default=False,
    ),
]
Seed = Annotated[
    int, typer.Option("--seed", help="Seed of every random choice; the details of a result say what was drawn.")
]
Levels = Annotated[int, typer.Option("--levels", help="Probability levels of the method grid.")]
Selection = Annotated[
    str,
    typer.Option(
        "--selection",
        help="The step of policy iteration: argmax (largest gain), epsilon (see --epsilon), first, or sample (drawn "
        "from those of argmax or epsilon).",
    ),
]
Epsilon = Annotated[
    float | None,
    typer.Option(
        "--epsilon",
        help="For --selection epsilon or sample: share of the largest gain that may be missing, at least 0 and below "
        "1.",
        show_default=False,
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="A setting of the method's own, for example temperature=0.1; repeat for more.",
        show_default=False,
    ),
]
Certificate = Annotated[
    Path | None,
    typer.Option(
        "--certificate",
        metavar="FILE",
        help="Write proofs of the bounds, to be replayed by ssg-mip verify FILE INSTANCE.",
        dir_okay=False,
        show_default=False,
    ),
]
Plot = Annotated[
    Path | None,
    typer.Option("--plot", metavar="FILE", help="Draw a picture (png, svg, pdf).", show_default=False),
]
Axes = Annotated[
    tuple[str, str] | None,
    typer.Option(metavar="STATE STATE", help="The states that --plot shows; chosen by default.", show_default=False),
]
Complete = Annotated[
    bool,
    typer.Option("--complete", help="Enclose the whole front, points of no weighted sum included."),
]
Resolution = Annotated[
    float | None,
    typer.Option(
        help="With --complete: for every policy some point must be at most that much worse in each objective; in the "
        "units of the rewards.",
        show_default=False,
    ),
]
Objective = Annotated[
    list[str] | None,
    typer.Option(
        metavar="[PLAYER:]START",
        help='With --complete: a value to trade off; START is a state, "s1=0.5,s2=0.5" or "start" (the start '
        "distribution), PLAYER is leader (default) or follower; repeat for more. Default: the leader's values in all "
        "states.",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print exactly one JSON object on stdout.")]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Progress without a terminal too, and tables in full length.")
]
Margin = Annotated[
    float,
    typer.Option(
        "--margin", help="By how much the follower's answer must beat every other action, in the follower's units."
    ),
]
Check = Annotated[
    bool, typer.Option("--check/--no-check", help="Check the answer in exact arithmetic; exit code 5 if it fails.")
]
Guarantee = Annotated[
    bool,
    typer.Option(
        "--guarantee/--no-guarantee", help="Look for a policy nearby that works whatever the follower does with ties."
    ),
]
Presolve = Annotated[
    bool,
    typer.Option(
        "--presolve/--no-presolve",
        help="Leave out actions that cannot matter; for commitment, deterministic and grid also states, and solve "
        "unconnected parts apart.",
    ),
]
Start = Annotated[
    str | None,
    typer.Option(
        "--start",
        metavar="FILE|random",
        help="Leader policy to start from: JSON {state: {action: probability}}, or the JSON that solve --json prints; "
        "or the word random, for one drawn by --seed.",
        show_default=False,
    ),
]
PolicyFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Leader policy: JSON {state: {action: probability}}, or the JSON that solve --json prints.",
        exists=True,
        dir_okay=False,
        show_default=False,
    ),
]


def check_rule(ties: str) -> TieRule:
    """The tie rule, if it is one.

    Raises
    ------
    OptionError
        If there is no such rule.
    """
    check_ties(ties)
    return cast(TieRule, ties)


def check_steps(method: str, selection: str, epsilon: float | None) -> StepSelection:
    """The selection of steps, if it is one that the method has, and ``epsilon`` goes with it.

    Raises
    ------
    OptionError
        If it is not.
    """
    from ssg_mip.methods.registry import check_selects, method_for
    from ssg_mip.problem.follower import Rational
    from ssg_mip.runs.run import check_selection

    check_selection(selection, epsilon)
    check_selects(method_for(Rational(), method), selection)
    return cast("StepSelection", selection)


def read_settings(given: list[str] | None) -> dict[str, Any]:
    """Settings of a method from ``name=value`` texts; a value is JSON where it can be read so, else a text.

    Raises
    ------
    OptionError
        If a text has no name, a name comes twice, or a value is too long or too deep to be read.
    """
    settings: dict[str, Any] = {}
    for text in given or ():
        name, equals, value = text.partition("=")
        name = name.strip()
        if not equals or not name:
            raise OptionError(f"--set holds {text!r}; write name=value")
        if name in settings:
            raise OptionError(f"--set names {name!r} twice")
        try:
            settings[name] = json.loads(value)
        except json.JSONDecodeError:
            settings[name] = value.strip()
        except (ValueError, RecursionError) as error:  # a number of thousands of digits, or nested too deeply
            raise OptionError(f"--set {name} holds {value[:20]!r}..., which cannot be read: {error}") from None
    return settings


def read_weights(given: str | None) -> dict[str, float] | None:
    """Weights as ``{state: weight}`` from ``name=number`` pairs, a JSON object, or a file that holds one.

    Raises
    ------
    OptionError
        If the text is none of these, or names a state twice.
    """
    if given is None:
        return None
    text = given.strip()
    if text.startswith("{"):
        return _json_weights(text, "--weights")
    if text.endswith(".json") or ("=" not in text and Path(text).is_file()):
        return _json_weights(_read_text(Path(text), "--weights"), text)
    weights: dict[str, float] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, equals, number = part.rpartition("=")
        name = name.strip()
        if not equals or not name:
            raise OptionError(f'--weights holds {part!r}; write "state=weight,state=weight", JSON, or a JSON file')
        if name in weights:
            raise OptionError(f"--weights names the state {name!r} twice")
        try:
            weights[name] = float(number)
        except ValueError:
            raise OptionError(
                f"--weights gives the state {name!r} the weight {number!r}; it must be a number"
            ) from None
    return weights


def read_scalarisation(given: str | None) -> dict[str, Any] | None:
    """A scalarisation as plain data: from a kind, a JSON object, or a file that holds one.

    Raises
    ------
    OptionError
        If it cannot be read. Whether it fits a game is looked at where the game is known.
    """
    if given is None:
        return None
    document = _document(given, "--scalarisation")
    return {"kind": given.strip()} if document is None else document


def _document(given: str, option: str) -> dict[str, Any] | None:
    """What a JSON object, or a file that holds one, says; ``None`` of any other text."""
    text = given.strip()
    if text.startswith("{"):
        return _parse(text, option)
    if text.endswith(".json") or file_named(text) is not None:
        return _parse(_read_text(Path(text), option), text)
    return None


def read_goal(given: str | None) -> Goal | None:
    """A goal: from its short form, a JSON object, or a file that holds one.

    Raises
    ------
    OptionError
        If it cannot be read. Whether it fits a game is looked at where the game is known.
    """
    from ssg_mip.problem.goals.reading import goal_from_document, goal_from_text

    if given is None:
        return None
    document = _document(given, "--goal")
    return goal_from_text(given) if document is None else goal_from_document(document)


def check_one_objective(goal: object, weights: object, scalarisation: object) -> None:
    """Raise :class:`OptionError` if a goal stands beside what it takes the place of."""
    others = {"--weights": weights, "--scalarisation": scalarisation}
    beside = next((name for name, value in others.items() if value is not None), None)
    if goal is not None and beside is not None:
        raise OptionError(f"--goal takes the place of {beside}, and both are given; leave one of them out")


def read_json_file(path: Path) -> Mapping[str, Any]:
    """The one JSON object in a file.

    Raises
    ------
    OptionError
        If it is not one, or holds a key twice.
    """
    return _parse(_read_text(path, "the result"), str(path))


def read_start(given: str | None) -> Mapping[str, Mapping[str, float]] | Literal["random"] | None:
    """A start: the word ``random``, or what :func:`read_policy` finds in a file.

    Raises
    ------
    OptionError
        If there is no such file.
    InvalidPolicyError
        If it holds no policy.
    """
    if given is None:
        return None
    if given == "random":
        return "random"
    path = Path(given)
    if not path.is_file():
        raise OptionError(f"--start is {given!r}, and there is no such file; give a policy file, or the word random")
    return read_policy(path)


def read_folder(text: str, option: str) -> Path:
    """The folder that an option names; a file of that name and no name at all are refused."""
    if not text.strip():
        raise OptionError(f"{option} is {text!r}; it must name a folder, '.' for the one you are in")
    folder = Path(text)
    if folder.is_file():
        raise OptionError(f"{option} {text} is a file; choose another folder")
    return folder


def read_policy(path: Path | None) -> Mapping[str, Mapping[str, float]] | None:
    """A leader policy as ``{state: {action: probability}}``, alone in a file or inside a result.

    Raises
    ------
    InvalidPolicyError
        If the file holds neither.
    """
    if path is None:
        return None
    try:
        data = _parse(_read_text(path, "the policy file"), str(path))
    except OptionError as error:
        raise InvalidPolicyError(str(error)) from None
    if str(data.get("format", "")).startswith("ssg-mip-result/"):
        data = data["leader_policy"] if isinstance(data.get("leader_policy"), dict) else {}
    for state, row in data.items():
        if not isinstance(row, dict) or not row or not all(_is_number(value) for value in row.values()):
            raise InvalidPolicyError(
                f"{path}: state {state!r} holds {row!r}; a leader policy is {{state: {{action: probability}}}}"
            )
    if not data:
        raise InvalidPolicyError(f"{path} holds no leader policy; it must be {{state: {{action: probability}}}}")
    return data


def _read_text(path: Path, label: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise OptionError(f"{label}: {path} is not a text file in UTF-8") from None


def _json_weights(text: str, place: str) -> dict[str, float]:
    data = _parse(text, place)
    for state, weight in data.items():
        if not _is_number(weight):
            raise OptionError(f"{place}: state {state!r} has the weight {weight!r}; it must be a number")
    return {state: float(weight) for state, weight in data.items()}


def _parse(text: str, place: str) -> dict[str, Any]:
    from ssg_mip.io.strict_json import without_repetition

    try:
        data = json.loads(text, object_pairs_hook=without_repetition(place, OptionError))
    except OptionError:
        raise
    except (ValueError, RecursionError) as error:  # not JSON, nested too deeply, or a number of thousands of digits
        raise OptionError(f"{place} is not valid JSON: {error}") from None
    if not isinstance(data, dict):
        raise OptionError(f"{place} holds a JSON {type(data).__name__}; it must be an object by state name")
    return data


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
