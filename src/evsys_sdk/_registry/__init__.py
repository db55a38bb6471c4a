"""What the registry is made of.

::

    class_checks    what a store class must have
    claims          which class has which kind, and who may claim one
    plugins         the entry points of installed distributions
"""
