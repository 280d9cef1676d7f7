"""Random numbers of the simulation: one independent generator for each thing that is drawn.

With one generator for all parts, one more cell type would change the genome. So each part has its own generator, named
after what it draws.
"""

from __future__ import annotations

import zlib

import numpy as np


def stream(seed: int, name: str, *numbers: int) -> np.random.Generator:
    """Make the generator for the part ``name``, with the ``numbers`` of chromosome and cell type."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, zlib.crc32(name.encode()), *numbers])))
