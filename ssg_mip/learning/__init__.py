"""The wing of the learners: simulation, environments and learning methods."""
