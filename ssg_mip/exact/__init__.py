"""The exact programs as questions to the search: what is asked (``solving``, ``direction``) and how it is put.

``programs`` and ``goals`` say what a box, a relaxed point and a solution mean in a game; ``size_limit`` says which
programs are not written; ``zero_sum`` and ``easy_classes`` answer the classes that need no search.
"""

from ssg_mip.exact.answer import Answer, answer_of
from ssg_mip.exact.solving import (
    improve_without_program,
    root_bound,
    solve_commitment,
    solve_improvement,
)

__all__ = [
    "Answer",
    "answer_of",
    "improve_without_program",
    "root_bound",
    "solve_commitment",
    "solve_improvement",
]
