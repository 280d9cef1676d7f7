"""Random numbers of the simulation: one independent generator for each thing that is drawn.

A generator that is handed from one part to the next would tie all parts together: one more cell type would change the
genome. Here each part has its own, named by what it draws.
"""

from __future__ import annotations

import zlib

import numpy as np


def stream(seed: int, name: str, *numbers: int) -> np.random.Generator:
    """Start the generator for the thing called ``name``, of chromosome and cell type ``numbers``."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, zlib.crc32(name.encode()), *numbers])))
