"""Which instance comes from which model. ``python -m models.catalogue`` writes all of them anew.

Run it from the root of the repository after a model changed; it also renews the table in ``instances/README.md``.
Tests compare every instance with its model, and the table with the instances.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from models import (
    epidemic,
    green_security,
    paid_effort,
    patrol_graph,
    poacher_types,
    port_patrol,
    principal_agent,
    ransomware,
    shop,
    supply_chain,
    tolls,
    unsupported_front,
)
from ssg_mip import Game, Problem, write_instance
from ssg_mip.library import (
    MATRIX_GAMES,
    actor_critic_trap,
    funnel,
    garnet,
    highway_merge,
    iterated_prisoners_dilemma,
    kudo_akimoto_figure_1,
    matrix_game,
    policy_teaching,
    pursuit,
    queue,
    random_game,
    robots,
    security_grid,
    supply,
    two_goals,
)

INSTANCES = Path(__file__).resolve().parent.parent / "instances"
"""The folder of the instances."""

CATALOGUE: dict[str, tuple[Callable[..., Game], dict[str, Any]]] = {
    "kudo_akimoto/fig1_threat.json": (kudo_akimoto_figure_1, {"x": 1.0, "y": 2.0}),
    "kudo_akimoto/fig1_no_threat.json": (kudo_akimoto_figure_1, {"x": 1.0, "y": 1.0}),
    "kudo_akimoto/fig1_tie.json": (kudo_akimoto_figure_1, {"x": 1.0, "y": 10.0 / 9.0}),
    "learning/actor_critic_trap.json": (actor_critic_trap, {}),
    "learning/policy_teaching.json": (policy_teaching, {}),
    "learning/two_goals.json": (two_goals, {"size": 2}),
    "fronts/unsupported_front.json": (unsupported_front.build, {}),
    "repeated/prisoners_dilemma.json": (iterated_prisoners_dilemma, {}),
    "repeated/prisoners_dilemma_impatient.json": (iterated_prisoners_dilemma, {"discount": 0.5}),
    "patrol/corridor.json": (patrol_graph.build, {}),
    "security/grid_3x3_hidden.json": (
        security_grid,
        {"size": 3, "targets": 2, "defenders": 1, "horizon": 6, "observation": "policy"},
    ),
    "gallery/green_security.json": (green_security.build, {}),
    "gallery/ransomware.json": (ransomware.build, {}),
    "gallery/shop.json": (shop.build, {}),
    "gallery/epidemic.json": (epidemic.build, {}),
    "gallery/tolls.json": (tolls.build, {}),
    "gallery/principal_agent.json": (principal_agent.build, {}),
    "gallery/supply_chain.json": (supply_chain.build, {}),
    **{
        f"random/3x2x2_seed{seed}.json": (random_game, {"seed": seed, "follower_discount": discount})
        for seed, discount in ((0, 0.9), (1, 0.7))
    },
    "families/funnel_2x2x2.json": (funnel, {"stages": 2, "segments": 2, "levels": 2}),
    "families/garnet_20.json": (garnet, {"states": 20, "seed": 11}),
    "families/pursuit_2x2.json": (pursuit, {"size": 2}),
    "families/queue_3.json": (queue, {"length": 3}),
    "families/robots_3x3.json": (robots, {"size": 3}),
    "families/supply_2.json": (supply, {"stock": 2}),
    "large/funnel_10x10x10.npz": (funnel, {"stages": 10, "segments": 10, "levels": 10}),
    "large/garnet_300.npz": (garnet, {"states": 300, "seed": 11}),
    "large/merge_12x4.npz": (highway_merge, {"cells": 12, "speeds": 4}),
    "large/pursuit_5x5.npz": (pursuit, {"size": 5}),
    "large/queue_32.npz": (queue, {"length": 32}),
    "large/robots_6x6.npz": (robots, {"size": 6}),
    "large/security_4x4.npz": (security_grid, {"size": 4}),
    "large/supply_16.npz": (supply, {"stock": 16}),
    **{f"matrix/{name}.json": (matrix_game, {"name": name}) for name in MATRIX_GAMES},
}
"""Path inside ``instances/`` -> the function that builds the game, and its arguments."""

PROBLEMS: dict[str, Callable[[], Problem]] = {
    "problems/paid_effort.json": paid_effort.build,
    "problems/poacher_types.json": poacher_types.build,
    "problems/port_patrol.json": port_patrol.build,
}
"""Path inside ``instances/`` -> the function that builds a problem: a game, and what is asked of the policies."""

PROVEN: dict[str, tuple[float, float]] = {
    "learning/policy_teaching.json": (8.68131868131, 8.68131868133),
    "repeated/prisoners_dilemma.json": (-5.55555555556, -5.55555533973),
    "repeated/prisoners_dilemma_impatient.json": (-2.0, -1.9999979958),
    "patrol/corridor.json": (-6.13022470284, -6.130218602),
    "security/grid_3x3_hidden.json": (-0.11950054479, -0.1195005058),
    "gallery/green_security.json": (19.6755579023, 19.6755773812),
    "gallery/ransomware.json": (5.79786636585, 5.79787166308),
    "gallery/shop.json": (75.2866129946, 75.2866875284),
    "gallery/epidemic.json": (-22.2261247240, -22.2261027200),
    "gallery/tolls.json": (53.9877300613, 53.9877300936),
    "gallery/principal_agent.json": (17.6842105263, 17.6842280337),
    "gallery/supply_chain.json": (108.518518518, 108.518625952),
    "families/pursuit_2x2.json": (1.05493265637, 1.05493265638),
    "families/queue_3.json": (3.38877990601, 3.38878326092),
    "families/supply_2.json": (-0.494375000001, -0.494374999969),
    "problems/paid_effort.json": (40.7074939564, 40.7074939573),
    "problems/poacher_types.json": (-1.01762556115, -1.01762455368),
    "problems/port_patrol.json": (-2.9177709237, -2.9177680351),
    "random/3x2x2_seed0.json": (6.23260113465, 6.23260648886),
    "random/3x2x2_seed1.json": (5.25594598585, 5.2559512419),
}
"""Leader value attained and bound proven where neither a paper nor a derivation has them, both rounded outwards."""

PROOF = "proven by this package, commitment, gap 1e-6, over stationary leader policies"
"""The note beside a value of :data:`PROVEN`."""


def build(path: str) -> Game:
    """The game that an instance must hold."""
    model, parameters = CATALOGUE[path]
    return _known(path, model(**parameters))


def build_problem(path: str) -> Problem:
    """The problem that an instance must hold."""
    problem = PROBLEMS[path]()
    return problem.about(_known(path, problem.game))


def _known(path: str, game: Game) -> Game:
    """The game with what is known of the best value."""
    if path not in PROVEN:
        return game
    value, bound = PROVEN[path]
    return game.replace(known={**(game.known or {}), "leader_value": value, "leader_bound": bound, "note": PROOF})


def table() -> str:
    """The instances with their sizes, sources and best known values, as a Markdown table."""
    lines = ["| instance | states x actions | best known leader value | source |", "|---|---|---|---|"]
    for path in (*CATALOGUE, *PROBLEMS):
        game = build(path) if path in CATALOGUE else build_problem(path).game
        size = f"{game.num_states} x {game.leader_counts.max()} x {game.follower_counts.max()}"
        lines.append(f"| `{path}` | {size} | {_value(game)} | {game.source} |")
    return "\n".join(lines) + "\n"


def _value(game: Game) -> str:
    known = game.known or {}
    if "leader_value" not in known:
        return "open"
    note = f" ({known['note']})" if "note" in known else ""
    return f"{known['leader_value']:.10g}{note}"


def readme(text: str) -> str:
    """The README with its table renewed."""
    return text[: text.index(MARK)] + MARK + "\n" + table()


MARK = "<!-- The table below is written by `python -m models.catalogue`. -->\n"


def write_all(folder: Path = INSTANCES) -> None:
    """Write every instance and the table."""
    for path in (*CATALOGUE, *PROBLEMS):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        write_instance(build(path) if path in CATALOGUE else build_problem(path), target)
    page = folder / "README.md"
    page.write_text(readme(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    write_all()
