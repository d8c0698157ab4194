"""The exact programs, one Pyomo model per file, with the component names of the written formulation."""
