"""What the loader reaches, beside others and as data grow: ``make bench``, ``make bench-scale``. What ``prepare`` takes
beside other programs: ``make bench-prepare``.

One module per concern; each returns plain dictionaries, which ``__main__`` writes to ``bench_out/`` and ``tables`` lays
out. Nothing here asserts on time.
"""
