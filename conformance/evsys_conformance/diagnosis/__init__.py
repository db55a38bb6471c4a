"""Explains failed checks: reduces their programs, and finds the causes that they share."""
