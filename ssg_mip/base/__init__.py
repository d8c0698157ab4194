"""What every room stands on: clocks, signals, rules, numbers, words."""
