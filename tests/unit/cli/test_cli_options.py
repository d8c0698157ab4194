"""Weights and policies, as they are written on the command line or in a file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from ssg_mip.cli.options import Method, read_policy, read_weights
from ssg_mip.errors import InvalidPolicyError, OptionError
from ssg_mip.methods.registry import METHODS


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("a=1", {"a": 1.0}),
        (" a = 0.5 , b=.5 ", {"a": 0.5, "b": 0.5}),
        ("x=y=2", {"x=y": 2.0}),
        ('{"a,b": 0.25, "c": 1}', {"a,b": 0.25, "c": 1.0}),
    ],
)
def test_weights_are_read_from_pairs_or_json(text: str, weights: dict[str, float]) -> None:
    assert read_weights(text) == weights


def test_the_help_names_every_method() -> None:
    words = get_args(Method)[1].help
    assert set(METHODS) <= set(re.findall(r"[a-z-]+", words))
    assert all(method.extra in words for method in METHODS.values())


def test_weights_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "weights.json"
    path.write_text('{"a,b": 2}')
    assert read_weights(str(path)) == {"a,b": 2.0}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a", "'a'"),
        ("=1", "'=1'"),
        ("a=1,a=2", "twice"),
        ("a=one", "'one'"),
        ("{", "not valid JSON"),
        ('{"a": true}', "True"),
        ('{"a": "1"}', "'1'"),
        ('{"a": 1, "a": 2}', "twice"),
        ("{" * 100_000, "not valid JSON"),
    ],
)
def test_malformed_weights_are_refused_with_the_place(text: str, said: str) -> None:
    with pytest.raises(OptionError, match=said):
        read_weights(text)


@pytest.mark.parametrize(
    "text", ["[]", "{}", '{"s": 1}', '{"s": {"a": "1"}}', '{"s": {"a": 1}, "s": {"a": 1}}', "\xff"]
)
def test_malformed_policies_are_refused_with_the_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "policy.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(InvalidPolicyError, match=r"policy\.json"):
        read_policy(path)
