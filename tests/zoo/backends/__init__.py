"""Plain correct stores, one per backend: the ground in which faults are planted."""
