"""A run as it is recorded, proven, and held against an earlier one."""
