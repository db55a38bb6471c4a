"""Correct stores that use the freedom which the contract leaves; each one written on its own."""
