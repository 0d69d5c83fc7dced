"""YAML documents people write: plain data with the place of everything in it, and models' complaints as problems."""
