"""Fixtures of the unit tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit import fakes


@pytest.fixture
def fake_methods() -> Iterator[None]:
    """The methods of :mod:`tests.unit.fakes`, under their names, for one test."""
    fakes.install()
    yield
    fakes.uninstall()
