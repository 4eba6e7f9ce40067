"""The commands of `./mesh`, a module each: `add` declares one, `run` returns the exit status."""
