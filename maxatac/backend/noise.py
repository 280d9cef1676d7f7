"""Suppress lines that backends print when they start."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
from collections.abc import Iterator

# Lines that TensorFlow prints when it is imported, at every log level, although nothing is wrong. The last ones are
# errors only on a machine with a GPU, where the log has a warning with the remedy.
_NOISE = re.compile(
    rb"WARNING: All log messages before absl::InitializeLog|I0000 |W0000 .*computation_placer"
    rb"|E0000 .*(failed call to cuInit|Unable to register cu)"
)


@contextlib.contextmanager
def without_backend_noise() -> Iterator[None]:
    """Keep start-up lines of a backend off stderr; everything else is printed when the block ends.

    C++ code writes these lines to the file descriptor, and no setting of the backend stops it.
    """
    try:
        stderr = sys.stderr.fileno()
    except (AttributeError, OSError, ValueError):  # captured or closed: there is no descriptor
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
