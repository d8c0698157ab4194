"""Where good policies come from: simple ones, local ascent, what relaxed points suggest, steps without a program."""
