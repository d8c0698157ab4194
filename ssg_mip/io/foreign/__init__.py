"""Other people's models: Gambit's strategic games, PRISM's explicit files, Dec-POMDP files.

None of them says who leads and who follows, and most know one reward only. What stands for the missing parts is a rule
that the caller states; ``docs/foreign.md`` has the rules of each format.
"""

from __future__ import annotations

from ssg_mip.io.foreign.dpomdp import read_dpomdp
from ssg_mip.io.foreign.gambit import read_nfg, write_nfg
from ssg_mip.io.foreign.prism import read_prism

__all__ = ["read_dpomdp", "read_nfg", "read_prism", "write_nfg"]
