"""The kit on loggers that people use. ``make field`` runs it and writes docs/field.md.

``wrappers`` has a module for each logger, and beside it a YAML file with what is known of it.
"""
