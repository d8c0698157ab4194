"""Types of the arrays that travel between the rooms: floats and whole numbers of eight bytes, of any shape."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
