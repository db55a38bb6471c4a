"""From the name of a target to its harness."""
