"""ChaCha8 and the draws made from it, written out a second time in plain Python.

The sampler promises that its numbers depend on nothing but a named generator, so another program must be able to come
to the same plan. The cipher is that of Bernstein 2008 (64-bit counter, 64-bit nonce) with 8 rounds.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

_WORD = 0xFFFFFFFF
_COLUMNS = ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15))
_DIAGONALS = ((0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14))

BATCH_LANE = 2**64 - 1


def block(key: bytes, counter: int, nonce: int) -> bytes:
    """64 bytes of key stream."""
    start = [
        *struct.unpack("<4I", b"expand 32-byte k"),
        *struct.unpack("<8I", key),
        *struct.unpack("<4I", struct.pack("<QQ", counter, nonce)),
    ]
    words = list(start)
    for _ in range(4):
        for quarter in _COLUMNS + _DIAGONALS:
            _quarter_round(words, *quarter)
    return struct.pack("<16I", *((one + other) & _WORD for one, other in zip(words, start, strict=True)))


def _quarter_round(words: list[int], a: int, b: int, c: int, d: int) -> None:
    for first, second, third, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        words[first] = (words[first] + words[second]) & _WORD
        mixed = words[third] ^ words[first]
        words[third] = (mixed << turn | mixed >> (32 - turn)) & _WORD


class Draw:
    """Draws of one lane of one batch."""

    def __init__(self, seed: int, stream: int, epoch: int, index: int, lane: int) -> None:
        self._numbers = self._stream(struct.pack("<4Q", seed, stream, epoch, index), lane)

    @staticmethod
    def _stream(key: bytes, lane: int) -> Iterator[int]:
        counter = 0
        while True:
            yield from struct.unpack("<8Q", block(key, counter, lane))
            counter += 1

    def below(self, bound: int) -> int:
        """Draw from ``range(bound)`` (Lemire 2019): the upper half of a product, unless the lower half is unfair."""
        while True:
            product = next(self._numbers) * bound
            if product % 2**64 >= 2**64 % bound:
                return product >> 64

    def distinct(self, count: int, bound: int) -> list[int]:
        """Draw ``count`` different numbers from ``range(bound)`` (Floyd)."""
        chosen: list[int] = []
        for last in range(bound - count, bound):
            number = self.below(last + 1)
            chosen.append(last if number in chosen else number)
        return chosen
