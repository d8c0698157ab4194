"""The command ``plot``: pictures of what ``solve``, ``front`` and ``front --complete`` printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from ssg_mip.cli import options
from ssg_mip.cli.console import say, write_json
from ssg_mip.cli.matching import candidates, check_regular, matching_game
from ssg_mip.cli.outputs import check_outputs
from ssg_mip.errors import InvalidPolicyError, OptionError
from ssg_mip.game.policy import FollowerPolicy, LeaderPolicy

if TYPE_CHECKING:
    from ssg_mip.game.game import Game
    from ssg_mip.plot.printed import Printed
    from ssg_mip.plot.view import FrontView

KINDS = {
    "front": "points of a front in two or three objectives, and the boxes of an enclosure",
    "parallel": "points of a front in parallel coordinates",
    "values": "reachable values in two states, sampled, with the front or the course of the run",
    "policy": "the leader's probabilities and the follower's response",
    "graph": "the state graph with the probabilities under the policy",
    "progress": "value and bound over time",
}
"""What can be drawn."""

_ABOUT_KINDS = "; ".join(f"{kind}: {what}" for kind, what in KINDS.items())
_MOST_AXES = 3
"""Objectives that axes of their own can show; a front in more is drawn in parallel coordinates."""


def plot_result(
    result: Annotated[
        Path,
        typer.Argument(
            metavar="RESULT",
            help="What solve --json, front --json or front --complete --json printed.",
        ),
    ],
    instance: Annotated[
        Path | None,
        typer.Argument(
            metavar="[INSTANCE]",
            help="The instance file, which values, policy and graph need. Default: the one with the result's content "
            "hash, below the result's folder or the current one.",
            show_default=False,
        ),
    ] = None,
    *,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The picture (png, svg, pdf).", dir_okay=False)],
    kind: Annotated[
        str | None,
        typer.Option(
            help=f"{_ABOUT_KINDS}. Default: policy for a result; for a front front, or parallel if its points differ "
            "in more than three objectives.",
            show_default=False,
        ),
    ] = None,
    axis: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="A state or objective to show, for front, parallel and values; repeat for each. Default: those in "
            "which the points differ most.",
            show_default=False,
        ),
    ] = None,
    point: Annotated[int | None, typer.Option(help="For policy and graph: which point of a front, from 1.")] = None,
    run: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="For values: what solve --json printed for the same game, to draw its course beside a front.",
            show_default=False,
        ),
    ] = None,
    samples: Annotated[int | None, typer.Option(help="For values: policies sampled.", show_default=False)] = None,
    seed: options.Seed = 0,
    as_json: options.AsJson = False,
) -> None:
    """Draw a picture of a printed result, front or enclosure.

    Whether what is printed is true is not looked at: that is what verify is for. Exit code 5 if RESULT cannot be read
    as one, 2 if this picture cannot be drawn of it.
    """
    from ssg_mip.plot.canvas import check_picture

    check_picture(out)
    found = {f"the instance {path.name}": path for path in candidates(result)} if out.exists() and not instance else {}
    check_outputs({"--out": out}, {"RESULT": result, "the instance": instance, "--run": run, **found})
    printed, data = _read(result)
    kind = _usual_kind(printed) if kind is None else kind
    _check_use(kind, axis=axis, point=point, run=run, samples=samples)
    match kind:
        case "front" | "parallel":
            _draw_front(printed, kind, axis, out)
        case "progress":
            _draw_progress(printed, out)
        case _:
            game = _game(result, data, printed, instance)
            if kind == "values":
                _draw_values(game, printed, out, run=run, states=axis, samples=samples, seed=seed)
            else:
                _draw_policy(game, printed, kind, 1 if point is None else point, out)
    if as_json:
        raise typer.Exit(write_json({"format": "ssg-mip-plot/1", "file": str(out), "kind": kind}))
    say(f"picture: {out}")


def _read(path: Path) -> tuple[Printed, Any]:
    from ssg_mip.plot.printed import read_printed

    check_regular(path)
    data = options.read_json_file(path)
    return read_printed(data, str(path)), data


def _usual_kind(printed: Printed) -> str:
    if printed.front is None:
        return "policy"
    return "parallel" if len(printed.front.varying) > _MOST_AXES else "front"


def _check_use(kind: str, **given: Any) -> None:
    """Refuse an unknown kind, and options that the kind has no use for."""
    if kind not in KINDS:
        raise OptionError(f"--kind is {kind!r}; it must be one of {', '.join(KINDS)}")
    used = {
        "front": {"axis"},
        "parallel": {"axis"},
        "values": {"axis", "run", "samples"},
        "policy": {"point"},
        "graph": {"point"},
    }.get(kind, set())
    idle = next((name for name, value in given.items() if value is not None and name not in used), None)
    if idle is not None:
        raise OptionError(f"--{idle} has no effect with --kind {kind}; leave it out")


def _game(path: Path, data: Any, printed: Printed, instance: Path | None) -> Game:
    from ssg_mip.problem.files import read_problem

    if instance is None:
        return matching_game("plot", path, data)
    game = read_problem(instance).game
    if game.content_hash != printed.game_hash:
        raise OptionError(
            f"{path} is about a game with the content hash {printed.game_hash!r}; {instance} has "
            f"{game.content_hash!r}: name the instance that was solved"
        )
    return game


def _front(printed: Printed) -> FrontView:
    if printed.front is None:
        raise OptionError(f"{printed.place} is a result of solve; this picture needs what front --json printed")
    if not len(printed.front.points):
        raise OptionError(f"{printed.place} holds a front without points; there is nothing to draw")
    return printed.front


def _draw_front(printed: Printed, kind: str, axis: Sequence[str] | None, out: Path) -> None:
    from ssg_mip.plot import plot_front, plot_front_3d, plot_parallel, save_picture

    view = _front(printed)
    if kind == "parallel":
        save_picture(plot_parallel, view, out, states=axis)
    elif (len(view.varying) if axis is None else len(axis)) == _MOST_AXES:
        save_picture(plot_front_3d, view, out, projection="3d", states=axis)
    else:
        save_picture(plot_front, view, out, states=axis)


def _draw_progress(printed: Printed, out: Path) -> None:
    from ssg_mip.plot import plot_progress, save_picture

    if printed.run is None:
        raise OptionError(f"{printed.place} is a front; progress is drawn of what solve --json printed")
    if not printed.run.progress:
        raise OptionError(f"{printed.place} holds no rows of progress; solve the instance again")
    save_picture(plot_progress, printed.run, out)


def _draw_values(
    game: Game,
    printed: Printed,
    out: Path,
    *,
    run: Path | None,
    states: Sequence[str] | None,
    samples: int | None,
    seed: int,
) -> None:
    from ssg_mip.plot import plot_values, save_picture
    from ssg_mip.plot.values import DEFAULT_SAMPLES

    course = printed.run
    if run is not None:
        other = _read(run)[0]
        if other.run is None or other.game_hash != printed.game_hash:
            raise OptionError(f"--run {run} must be what solve --json printed for the game of {printed.place}")
        course = other.run
    save_picture(
        plot_values,
        game,
        out,
        run=course,
        front=None if printed.front is None else _front(printed),
        states=states,
        samples=DEFAULT_SAMPLES if samples is None else samples,
        seed=seed,
        ties=printed.ties,
    )


def _draw_policy(game: Game, printed: Printed, kind: str, point: int, out: Path) -> None:
    from ssg_mip.plot import plot_policy, plot_state_graph, save_picture

    if not printed.policies:
        raise OptionError(f"{printed.place} holds no policy; {kind} needs one")
    if not 1 <= point <= len(printed.policies):
        raise OptionError(f"--point is {point}; {printed.place} has the points 1 to {len(printed.policies)}")
    chosen = printed.policies[point - 1]
    leader = LeaderPolicy.from_names(game, chosen.leader)
    follower = _follower_policy(game, chosen.follower, printed.place)
    draw = plot_policy if kind == "policy" else plot_state_graph

    def drawn(subject: Game, ax: Any) -> Any:
        return draw(subject, leader, ax, follower_policy=follower, ties=printed.ties)

    save_picture(drawn, game, out)


def _follower_policy(game: Game, table: Mapping[str, str], place: str) -> FollowerPolicy:
    actions = []
    for state, known in zip(game.state_names, game.follower_actions, strict=True):
        if table.get(state) not in known:
            raise InvalidPolicyError(
                f"{place}: the follower plays {table.get(state)!r} in state {state!r}; actions: {', '.join(known[:8])}"
            )
        actions.append(known.index(table[state]))
    return FollowerPolicy(np.array(actions))
