"""All attacks by name."""

from __future__ import annotations

from tests.attacks import exported, metamorphic, one_state, responses
from tests.attacks.driver import Attack

ATTACKS: dict[str, Attack] = {
    attack.name: attack
    for attack in (
        one_state.ATTACK,
        responses.ATTACK,
        exported.ATTACK,
        *metamorphic.ATTACKS,
    )
}

GROUPS: dict[str, tuple[str, ...]] = {
    "all": tuple(ATTACKS),
    "metamorphic": tuple(attack.name for attack in metamorphic.ATTACKS),
}
"""Names that stand for several attacks."""
