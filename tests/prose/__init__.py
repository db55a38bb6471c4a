"""``make prose``: finds sentences in the repository that never read well.

patterns    what is looked for, and what to write instead
passages    the prose of a file: comments, docstrings, strings and names, or paragraphs
"""
