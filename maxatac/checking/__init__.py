"""Read every input of a training run from end to end, compare the inputs, and estimate what the run would take.

`maxatac check` and `maxatac train --dry_run` print the findings; nothing is written.
"""
