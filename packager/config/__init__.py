"""What the user and the shipped files ask for: TOML into frozen dataclasses."""
