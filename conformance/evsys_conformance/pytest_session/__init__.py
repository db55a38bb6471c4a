"""The kit's part in a pytest session."""
