"""Methods that learn from sampled play."""
