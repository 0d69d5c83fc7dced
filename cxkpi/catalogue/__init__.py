"""``metrics.yaml`` to checked, frozen definitions; needs no data."""
