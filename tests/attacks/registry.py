"""All attacks by name."""

from __future__ import annotations

from tests.attacks import (
    classes,
    constrained,
    exported,
    knife_edge,
    metamorphic,
    mixed,
    one_state,
    payoff,
    planted,
    responses,
    unit_reports,
    units,
    wide,
)
from tests.attacks.driver import Attack

ATTACKS: dict[str, Attack] = {
    attack.name: attack
    for attack in (
        one_state.ATTACK,
        responses.ATTACK,
        exported.ATTACK,
        *metamorphic.ATTACKS,
        *classes.ATTACKS,
        knife_edge.ATTACK,
        *units.ATTACKS,
        *unit_reports.ATTACKS,
        wide.ATTACK,
        mixed.ATTACK,
        planted.ATTACK,
        constrained.ATTACK,
        payoff.ATTACK,
    )
}

GROUPS: dict[str, tuple[str, ...]] = {
    "all": tuple(ATTACKS),
    "metamorphic": tuple(attack.name for attack in (*metamorphic.ATTACKS, *classes.ATTACKS)),
    "units": tuple(attack.name for attack in (*units.ATTACKS, *unit_reports.ATTACKS)),
}
"""Names that stand for several attacks."""
