"""Attacks: seeded random games by the thousand, each answer of the package against an independent one.

``python -m tests.attacks NAME... --games N --seed S`` runs them and ends with exit code 1 if anything disagrees.
"""
