"""What the loader reaches, beside others and as data grow: ``make bench``, ``make bench-scale``.

One module per concern; each returns plain dictionaries, which ``__main__`` writes to ``bench_out/`` and ``tables`` lays
out. Nothing here asserts on time.
"""
