"""Values that stay what they were, copied and unpickled too.

A frozen dataclass guards its members, not what the arrays in them hold. Here every array is a private copy whose memory
nobody can write to, and a copy is made by the constructor: it is checked and frozen like the original, and nothing that
was computed from other numbers (a hash, an offset) comes along.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """A copy whose memory is immutable: not even ``setflags`` makes it writable again."""
    frozen: NDArray[Any] = np.frombuffer(array.tobytes(), dtype=array.dtype).reshape(array.shape)
    return frozen


class FrozenArrays:
    """Base of frozen dataclasses with arrays; freezes them after ``__init__``, and copies through ``__init__``."""

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if isinstance(value, np.ndarray) and value.dtype != object:
                object.__setattr__(self, name, read_only(value))

    def __reduce__(self) -> tuple[Any, ...]:
        fields = dataclasses.fields(self)  # type: ignore[arg-type]  # every subclass is a dataclass
        return _rebuilt, (type(self), {field.name: getattr(self, field.name) for field in fields if field.init})


class Immutable(FrozenArrays):
    """The same for values without any part that can be changed: a copy is the value itself."""

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self


def _rebuilt(kind: type, fields: dict[str, Any]) -> Any:
    return kind(**fields)
