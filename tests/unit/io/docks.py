"""A valid document, and its text with one place changed."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

VALID: dict[str, Any] = {
    "format": "ssg-mip/1",
    "name": "docks",
    "source": "made up",
    "known": {"leader_value": 1.5},
    "leader_discount": "9/10",
    "follower_discount": 0.5,
    "initial": {"dock": 1},
    "states": {
        "dock": {"leader_actions": ["sail", "stay"], "follower_actions": ["wait"]},
        "open sea": {"leader_actions": ["drift"], "follower_actions": ["wait"]},
    },
    "transitions": [
        {
            "state": "dock",
            "leader_action": "sail",
            "follower_action": "wait",
            "leader_reward": "-1/3",
            "follower_reward": 2,
            "next": {"dock": "1/3", "open sea": "2/3"},
        },
        {
            "state": "dock",
            "leader_action": "stay",
            "follower_action": "wait",
            "leader_reward": 0.1,
            "follower_reward": 1e-3,
            "next": {"dock": 1},
        },
        {
            "state": "open sea",
            "leader_action": "drift",
            "follower_action": "wait",
            "leader_reward": 0,
            "follower_reward": 0,
            "next": {"dock": 0.25, "open sea": 0.75},
        },
    ],
}


def changed(*path: str | int, value: Any = None, remove: bool = False) -> str:
    """The valid document with one place changed, as text."""
    tree = deepcopy(VALID)
    inner: Any = tree
    for key in path[:-1]:
        inner = inner[key]
    if remove:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return json.dumps(tree)


def raw(old: str, new: str) -> str:
    """The valid document with a piece of its text replaced."""
    text = json.dumps(VALID)
    assert text.count(old) >= 1
    return text.replace(old, new, 1)
