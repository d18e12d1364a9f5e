"""The commands of `lmw`, by subject."""
