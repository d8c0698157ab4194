"""Malformed instances as JSON text, each with what must be said about it."""

from __future__ import annotations

import json

from tests.unit.io.docks import VALID, changed, raw

T0 = ("transitions", 0)
MALFORMED: dict[str, tuple[str | bytes, str]] = {
    "empty file": ("", "is not JSON"),
    "truncated": (json.dumps(VALID)[:-40], "is not JSON"),
    "two documents": (json.dumps(VALID) * 2, "is not JSON: Extra data"),
    "not UTF-8": (json.dumps(VALID).encode().replace(b"docks", b"\xff\xfe"), r"is not UTF-8 text \(byte \d+ is 0xff\)"),
    "UTF-16": (json.dumps(VALID).encode("utf-16"), "is not UTF-8"),
    "a list": ("[]", r"\$ is a list of 0; an instance is a JSON object"),
    "a number": ("3", r"\$ is 3"),
    "no format": (changed("format", remove=True), r'\$\.format is missing; it must be "ssg-mip/1"'),
    "other version": (changed("format", value="ssg-mip/3"), r"\$\.format is 'ssg-mip/3'; this version reads"),
    "format a number": (changed("format", value=1), r"\$\.format is 1"),
    "no name": (changed("name", remove=True), r"\$\.name is missing"),
    "name a number": (changed("name", value=7), r"\$\.name is 7; it must be text"),
    "unknown key": (changed("discount", value=0.9), r"\$\.discount is an unknown key; the keys here are name, source"),
    "endless key": (changed("k" * 10**6, value=1), r"\$\['k{60}'\.\.\. \(1000000 characters\)\] is an unknown key"),
    "unknown key in a state": (
        changed("states", "dock", "actions", value=[]),
        r"\$\.states\.dock\.actions is an unknown key; the keys here are leader_actions, follower_actions",
    ),
    "unknown key in a transition": (
        changed(*T0, "reward", value=1),
        r"\$\.transitions\[0\]\.reward is an unknown key; the keys here are state, leader_action",
    ),
    "duplicate key at the top": (raw('"name": "docks"', '"name": "a", "name": "b"'), r"\$\.name is given twice"),
    "duplicate next state": (
        raw('"next": {"dock": 1}', '"next": {"dock": 0.5, "dock": 0.5}'),
        r"\$\.transitions\[1\]\.next\.dock is given twice",
    ),
    "duplicate key in known": (
        raw('{"leader_value": 1.5}', '{"x": [{"y": 1, "y": 2}]}'),
        r"\$\.known\.x\[0\]\.y is given",
    ),
    "NaN": (raw("0.1", "NaN"), r"\$\.transitions\[1\]\.leader_reward is NaN; numbers must be finite"),
    "minus infinity": (raw("0.1", "-Infinity"), r"\$\.transitions\[1\]\.leader_reward is -Infinity"),
    "1e999": (raw("0.1", "1e999"), r"\$\.transitions\[1\]\.leader_reward is 1e999, which is too large"),
    "NaN in known": (raw("1.5", "NaN"), r"\$\.known\.leader_value is NaN"),
    "integer no float can hold": (raw("0.1", "9" * 309), r"leader_reward is an integer .*; it must be a finite number"),
    "integer of 5000 digits": (
        raw("0.1", "9" * 5000),
        r"\$\.transitions\[1\]\.leader_reward is an integer of 5000 digits",
    ),
    "5000 digits in known": (raw("1.5", "9" * 5000), r"\$\.known\.leader_value is an integer of 5000 digits"),
    "bool as reward": (raw("0.1", "true"), r"\$\.transitions\[1\]\.leader_reward is true; it must be a finite number"),
    "bool as discount": (changed("follower_discount", value=False), r"\$\.follower_discount is false"),
    "bool as probability": (changed(*T0, "next", "dock", value=True), r"\$\.transitions\[0\]\.next\.dock is true"),
    "null as reward": (raw("0.1", "null"), "leader_reward is null"),
    "number as text": (raw("0.1", '"0.1"'), "leader_reward is '0.1'; it must be a finite number or a fraction"),
    "fraction over zero": (raw("0.1", '"1/0"'), "leader_reward is '1/0'"),
    "fraction with spaces": (raw("0.1", '" 1/2"'), "leader_reward is ' 1/2'"),
    "fraction in other digits": (changed("transitions", 1, "leader_reward", value="\u0661/2"), "leader_reward is"),
    "fraction of 5000 digits": (raw("0.1", f'"{"1" * 5000}/3"'), r"leader_reward is '1+'\.\.\. \(5002 characters\)"),
    "fraction too large": (
        raw("0.1", f'"{"9" * 309}/1"'),
        r"leader_reward is '9+'\.\.\. \(311 characters\)",
    ),
    "discount one": (changed("leader_discount", value=1), r"\$\.leader_discount is 1; it must be in \[0, 1\)"),
    "discount rounds to one": (
        changed("leader_discount", value="99999999999999999999/100000000000000000000"),
        r"\$\.leader_discount is .*; it must be in \[0, 1\)",
    ),
    "discount negative": (changed("leader_discount", value=-0.1), r"\$\.leader_discount is -0.1"),
    "discount missing": (changed("leader_discount", remove=True), r"\$\.leader_discount is missing"),
    "probability negative": (
        changed(*T0, "next", "dock", value=-0.5),
        r"\$\.transitions\[0\]\.next\.dock is -0.5; it must be at",
    ),
    "sum too small": (
        changed("transitions", 2, "next", "dock", value=0.2),
        r"\$\.transitions\[2\]\.next sums to 0\.95; it must sum to 1 within 1e-09",
    ),
    "sum off by a little": (
        changed("transitions", 1, "next", "dock", value=1 + 1e-8),
        r"\$\.transitions\[1\]\.next sums to",
    ),
    "start sums to less": (changed("initial", "dock", value=0.5), r"\$\.initial sums to 0\.5"),
    "start empty": (changed("initial", value={}), r"\$\.initial is an object with 0 keys; it must not be empty"),
    "start in an unknown state": (changed("initial", value={"moon": 1}), r"\$\.initial\.moon is not a state"),
    "unknown state": (
        changed(*T0, "state", value="moon"),
        r"\$\.transitions\[0\]\.state is 'moon'; there is no such state",
    ),
    "unknown leader action": (
        changed(*T0, "leader_action", value="swim"),
        r"\$\.transitions\[0\]\.leader_action is 'swim'; state 'dock' has only 'sail', 'stay'",
    ),
    "unknown follower action": (
        changed(*T0, "follower_action", value="x"),
        r"\$\.transitions\[0\]\.follower_action is 'x'",
    ),
    "unknown next state": (
        changed("transitions", 1, "next", value={"the moon": 1}),
        r"\$\.transitions\[1\]\.next\['the moon'\] is not a state",
    ),
    "next empty": (
        changed(*T0, "next", value={}),
        r"\$\.transitions\[0\]\.next is an object with 0 keys; it must not be",
    ),
    "next a list": (
        changed(*T0, "next", value=["dock"]),
        r"\$\.transitions\[0\]\.next is a list of 1; it must be an object",
    ),
    "missing transition": (
        changed("transitions", 1, remove=True),
        r"\$\.transitions say nothing about s=dock, a=stay, b=wait; add that joint action",
    ),
    "no transitions": (
        changed("transitions", value=[]),
        r"\$\.transitions say nothing .*; .* say nothing about s=open sea",
    ),
    "six problems": (
        json.dumps({"format": "ssg-mip/1", "leader_discont": 0.9}),
        r"\$\.leader_discont is an unknown key; .*\$\.name is missing; .* \(and 2 more problems\)",
    ),
    "duplicate transition": (
        changed("transitions", value=[*VALID["transitions"], VALID["transitions"][0]]),
        r"\$\.transitions\[3\] repeats \$\.transitions\[0\]; give each joint action once",
    ),
    "transition a string": (
        changed("transitions", 1, value="stay"),
        r"\$\.transitions\[1\] is 'stay'; it must be an object",
    ),
    "reward missing": (
        changed(*T0, "follower_reward", remove=True),
        r"\$\.transitions\[0\]\.follower_reward is missing",
    ),
    "no states": (changed("states", value={}), r"\$\.states is an object with 0 keys; it must not be empty"),
    "state without actions": (
        changed("states", "dock", "leader_actions", value=[]),
        r"\$\.states\.dock\.leader_actions is",
    ),
    "actions a string": (
        changed("states", "dock", "leader_actions", value="sail"),
        r"\$\.states\.dock\.leader_actions is 'sail'; it must be a list",
    ),
    "action twice": (
        changed("states", "open sea", "leader_actions", value=["drift", "drift"]),
        r"\$\.states\['open sea'\]\.leader_actions holds 'drift' twice",
    ),
    "action a number": (
        changed("states", "dock", "leader_actions", 1, value=2),
        r"\.leader_actions\[1\] is 2; it must be text",
    ),
    "empty state name": (
        changed("states", "", value={"leader_actions": ["x"], "follower_actions": ["y"]}),
        r"\$\.states\[''\]",
    ),
    "control character in a name": (
        changed("states", "a\nb", value={"leader_actions": ["x"], "follower_actions": ["y"]}),
        r"\$\.states\['a\\nb'\] is .*; it must not contain control characters",
    ),
    "lone surrogate in a name": (raw('"docks"', '"\\ud800"'), r"\$\.name holds a lone surrogate"),
    "lone surrogate in a key": (raw('"leader_value"', '"\\udc00"'), r"\$\.known\['\\udc00'\] holds a lone surrogate"),
    "deep nesting": (raw("1.5", "[" * 100_000 + "]" * 100_000), "is nested too deeply"),
    "deep nesting that parses": (
        raw("1.5", "[" * 70 + "]" * 70),
        r"\$\.known\.leader_value.* is nested more than 64 deep",
    ),
    "unclosed brackets": ("[" * 200_000, "is nested too deeply"),
}
