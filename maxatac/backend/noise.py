"""Lines that backends print on their own, held back."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
from collections.abc import Iterator

# What TensorFlow prints when it is imported, at every log level, though nothing is wrong. The last one is an error
# only on a machine with a GPU, and there the log warns of it with the remedy.
_NOISE = re.compile(
    rb"WARNING: All log messages before absl::InitializeLog|I0000 |W0000 .*computation_placer"
    rb"|E0000 .*(failed call to cuInit|Unable to register cu)"
)


@contextlib.contextmanager
def without_backend_noise() -> Iterator[None]:
    """Keep a backend's start-up chatter off stderr; whatever else is printed meanwhile comes out when the block ends.

    The chatter is written by C++ code to the file descriptor, and no setting of the backend stops it.
    """
    try:
        stderr = sys.stderr.fileno()
    except (AttributeError, OSError, ValueError):  # captured or closed: there is no descriptor to guard
        yield
        return
    gone = contextlib.suppress(OSError)
    with tempfile.TemporaryFile() as caught:
        with gone:
            sys.stderr.flush()
        original = os.dup(stderr)
        os.dup2(caught.fileno(), stderr)
        try:
            yield
        finally:
            with gone:
                sys.stderr.flush()
            os.dup2(original, stderr)
            os.close(original)
            caught.seek(0)
            kept = [line for line in caught if not _NOISE.match(line)]
            with gone:
                os.write(stderr, b"".join(kept))
