"""The parts of the multiplex store: what becomes of the errors of its children."""
