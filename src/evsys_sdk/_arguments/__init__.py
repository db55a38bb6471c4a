"""The parts of the argument checks.

::

    values       what a value of any type is, and how an error shows it
    json_copy    a deep copy as plain JSON values
    remedies     what to pass instead of a value that has no JSON form
"""
