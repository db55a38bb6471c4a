"""Explains failed checks: finds the causes that they share, and the clause of each."""
