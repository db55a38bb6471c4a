"""Stores with one fault each; what the class overrides is the fault."""
