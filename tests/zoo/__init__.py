"""Log stores that prove the conformance kit: correct ones of many kinds, and faulty ones.

* ``backends/`` holds plain correct stores, one per backend, on top of ``front.py``. They are the
  ground in which a fault is planted.
* ``correct/`` holds stores that use the freedom which the contract leaves. None may be refused.
* ``faulty/`` holds stores with one fault each. Each must be caught by the clause that it breaks.
* ``registry.py`` lists them all as ``CORRECT`` and ``FAULTY``.

Every class can be imported by module path, because child processes do so.
"""
