"""What is measured, a section per file."""
