"""One suite that every solution method runs: what a result promises, checked by the oracles."""
