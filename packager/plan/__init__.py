"""Planning: memory, placement, cost. Pure functions of a model and a profile."""
