"""Nothing that an instance holds steers a terminal or shows as something else, in any report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ssg_mip import Game, read_instance, write_instance
from ssg_mip.base.printable import printable
from ssg_mip.cli import main

ESCAPE = "\x1b[31m\x1b]0;pwn\x07\x1b[2J"
REVERSED = "\u202egnp.exe\u202c"
HIDDEN = "\u200b\ufeff\u2028\u2066\x9b"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain, é, 東京, 🐍", "plain, é, 東京, 🐍"),
        ("two\nlines", "two\nlines"),
        (ESCAPE, r"\x1b[31m\x1b]0;pwn\x07\x1b[2J"),
        (REVERSED, r"\u202egnp.exe\u202c"),
        (HIDDEN, r"\u200b\ufeff\u2028\u2066\x9b"),
        ("\r\x08\t\x7f\udcff", r"\r\x08\t\x7f\udcff"),
    ],
)
def test_what_does_not_show_as_itself_is_escaped(text: str, expected: str) -> None:
    assert printable(text) == expected


def hostile() -> dict[str, Any]:
    """Every text of an instance that the format lets through."""
    state, other = f"{REVERSED}a", "t\u2066x"
    leader, follower = ["\u200b", "a\u0301"], ["\ufeff", "\u2028"]
    names = {"leader_actions": leader, "follower_actions": follower}
    return {
        "format": "ssg-mip/1",
        "name": f"evil {ESCAPE} {REVERSED}\nforged: a line",
        "source": f"\x1b]8;;http://evil\x07click {REVERSED}\nforged: a line",
        "known": {ESCAPE: f"{ESCAPE}{REVERSED}", "list": [ESCAPE], "x\nforged": "y\nforged: a line"},
        "leader_discount": 0.5,
        "follower_discount": 0.5,
        "initial": {state: 1},
        "states": {state: names, other: names},
        "transitions": [
            {
                "state": s, "leader_action": a, "follower_action": b, "leader_reward": place % 5,
                "follower_reward": place % 3, "next": {state: "1/2", other: "1/2"},
            }
            for place, (s, a, b) in enumerate((s, a, b) for s in (state, other) for a in leader for b in follower)
        ],
    }  # fmt: skip


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    path = tmp_path / f"game {REVERSED}.json"
    path.write_text(json.dumps(hostile()))
    return path


def is_harmless(text: str) -> bool:
    return all(one.isprintable() or one == "\n" for one in text)


COMMANDS = [
    ["show", "{i}"],
    ["show", "{i}", "--json"],
    ["validate", "{i}"],
    ["validate", "{i}", "--json"],
    ["solve", "{i}"],
    ["solve", "{i}", "--json"],
    ["solve", "{i}", "--method", "commitment", "--ties", "adverse", "--verbose"],
    ["solve", "{i}", "--method", "fixed-point"],
    ["solve", "{i}", "--margin", "100"],
    ["solve", "{i}", "--weights", "x=1"],
    ["front", "{i}"],
    ["front", "{i}", "--json"],
    ["front", "{i}", "--complete", "--resolution", "0.5"],
    ["front", "{i}", "--complete", "--objective", "nowhere"],
    ["existence", "{i}"],
    ["batch", "{folder}", "--out", "{folder}/out"],
    ["export", "{i}", "{folder}/x.lp"],
    ["export", "{i}", "{folder}/x\x1b[31m.lp"],
    ["solve", "{i}", "--plot", "{folder}/\x1b[31m.png", "--certificate", "{folder}/\u202e.jsonl"],
    ["plot", "{folder}/result.json", "{i}", "--out", "{folder}/x.png"],
    ["verify", "{folder}/result.json", "{i}"],
    ["verify", "{folder}/result.json"],
    ["verify", "{folder}/proof.jsonl", "{i}"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command).encode("unicode_escape").decode())
@pytest.mark.filterwarnings("ignore:Glyph .* missing from font")
def test_no_report_holds_a_character_that_does_not_show(
    command: list[str],
    instance: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On stderr and on stdout, in tables, headings, notes, progress, errors and JSON."""
    monkeypatch.chdir(tmp_path)
    if "{folder}/result.json" in command or "{folder}/proof.jsonl" in command:
        main(["solve", str(instance), "--json", "--certificate", "proof.jsonl"])
        printed = capfd.readouterr().out
        (tmp_path / "result.json").write_text(printed[printed.index("{") :])
    main([part.format(i=instance, folder=tmp_path) for part in command])
    out, err = capfd.readouterr()
    assert out + err
    assert is_harmless(out), out
    assert is_harmless(err), err
    assert "\nforged" not in err


def test_the_names_themselves_stay_as_they_are(instance: Path, tmp_path: Path) -> None:
    """Escaping is for people's eyes: a file that is read and written keeps every character."""
    game = read_instance(instance)
    assert game.name == hostile()["name"]
    write_instance(game, tmp_path / "copy.json")
    copy = read_instance(tmp_path / "copy.json")
    assert copy.same_as(game)
    assert (copy.name, copy.source, copy.known) == (game.name, game.source, game.known)


def test_a_warning_about_a_game_is_escaped_too(caplog: pytest.LogCaptureFixture) -> None:
    """The coefficient report names the game in the log, which goes to stderr where nobody listens."""
    from ssg_mip.lp.compiled import compile_program
    from ssg_mip.lp.ranges import warn_of_ranges
    from ssg_mip.programs.deterministic import deterministic_commitment

    wide = Game.from_arrays(
        [[[[1.0]], [[1.0]]]],
        [[[0.0], [1.0]]],
        [[[1e12], [1e-3]]],
        leader_discount=0.5,
        follower_discount=0.5,
        name=ESCAPE,
    )
    warn_of_ranges(compile_program(deterministic_commitment(wide, wide.initial)), wide.name)
    assert caplog.text
    assert is_harmless(caplog.text)
