"""What is wrong with what was observed of a program."""
