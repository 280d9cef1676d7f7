from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from types import MappingProxyType
from typing import Any, Literal, Self, TypedDict, final, overload, type_check_only

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Batches",
    "BigWigWriter",
    "CutSites",
    "Genome",
    "Memory",
    "Sampler",
    "Track",
    "TrackSums",
    "TrackTransform",
    "ValueCounts",
    "WindowReader",
    "bam_header",
    "check_end",
]

_CompactInputs = tuple[NDArray[np.uint8], NDArray[np.float32]]
_Inputs = NDArray[np.float32] | _CompactInputs

@type_check_only
class Plan(TypedDict):
    roi: NDArray[np.int64]
    track: NDArray[np.int32]
    chrom: NDArray[np.int32]
    start: NDArray[np.int64]
    reverse: NDArray[np.bool_]

@type_check_only
class Decoded(TypedDict):
    blocks: int
    left_out: int
    bytes: int
    seconds: float

@type_check_only
class MemoryUse(TypedDict):
    limit: int
    held: int
    cached: int
    inflated: int

@type_check_only
class CoverageCounts(TypedDict):
    values: NDArray[np.int64]
    bases: NDArray[np.int64]
    sites: int
    in_blacklist: int
    near_blacklist: int
    outside: int

@type_check_only
class SitePlaces(TypedDict):
    bins: NDArray[np.int64]
    in_blacklist: int
    within: int
    positions: NDArray[np.int64]
    reverse: NDArray[np.bool_]

@final
class Memory:
    def __new__(cls, limit: int) -> Memory: ...
    @property
    def usage(self) -> MemoryUse: ...

@final
class Batches:
    def __iter__(self) -> Self: ...
    def __next__(self) -> tuple[_Inputs, NDArray[np.float32]]: ...
    def close(self) -> None: ...

@final
class Genome:
    def __new__(cls, path: str | bytes | PathLike[str] | PathLike[bytes]) -> Genome: ...
    @property
    def path(self) -> str: ...
    @property
    def chrom_sizes(self) -> MappingProxyType[str, int]: ...
    def one_hot(self, chrom: str, start: int, end: int, *, reverse_complement: bool = False) -> NDArray[np.float32]: ...
    def n_intervals(self, chrom: str) -> NDArray[np.int64]: ...

@final
class Track:
    def __new__(cls, path: str | bytes | PathLike[str] | PathLike[bytes]) -> Track: ...
    @property
    def path(self) -> str: ...
    @property
    def chrom_sizes(self) -> MappingProxyType[str, int]: ...
    def values(self, chrom: str, start: int, end: int) -> NDArray[np.float32]: ...
    def intervals(
        self, chrom: str, start: int, end: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]: ...
    def check_blocks(self, chrom: str) -> None: ...

@final
class ValueCounts:
    def __new__(cls, levels: Sequence[int] | None = None) -> ValueCounts: ...
    def add(self, track: Track, chrom: str, start: int, end: int, without: NDArray[np.int64]) -> None: ...
    @property
    def bases(self) -> NDArray[np.int64]: ...
    def found(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint64], NDArray[np.uint64]]: ...
    @property
    def largest(self) -> float: ...
    @property
    def range(self) -> tuple[float, float] | None: ...
    @property
    def below_zero(self) -> int: ...
    @property
    def infinite(self) -> tuple[int, int, float] | None: ...
    @property
    def are_whole(self) -> bool: ...
    @property
    def not_a_number(self) -> int: ...

@final
class BigWigWriter:
    def __new__(
        cls, path: str | PathLike[str], chrom_sizes: Mapping[str, int], *, max_zooms: int = 10, threads: int = 1
    ) -> BigWigWriter: ...
    def write(
        self, chrom: str, starts: NDArray[np.int64], ends: NDArray[np.int64], values: NDArray[np.float32]
    ) -> None: ...
    def write_bins(self, chrom: str, start: int, span: int, values: NDArray[np.float32]) -> None: ...
    def close(self) -> None: ...

def bam_header(path: str | bytes | PathLike[str] | PathLike[bytes]) -> dict[str, Any]: ...
def check_end(path: str | bytes | PathLike[str] | PathLike[bytes]) -> None: ...

@final
class CutSites:
    def __new__(
        cls,
        chrom_sizes: Mapping[str, int],
        *,
        temp_dir: str | bytes | PathLike[str] | PathLike[bytes],
        memory: int,
        threads: int = 1,
        groups: int = 1,
        with_labels: bool = False,
    ) -> CutSites: ...
    def add(
        self,
        group: int,
        chrom: str,
        positions: NDArray[np.int64],
        reverse: NDArray[np.bool_],
        *,
        names: Sequence[bytes] | None = None,
        quality: int = 0,
    ) -> None: ...
    def add_bam(
        self,
        paths: Sequence[str | bytes | PathLike[str] | PathLike[bytes]],
        *,
        single_end: bool = False,
        skip_deduplication: bool = False,
        trust_marks: bool = False,
        per_file: bool = False,
        min_mapq: int = 0,
        primary_only: bool = False,
        barcode_tag: str | None = None,
        barcodes: Mapping[bytes, int] | None = None,
        accept_no_end: bool = False,
        max_fragment: int | None = None,
        progress: Callable[[int], object] | None = None,
    ) -> dict[str, Any]: ...
    def add_text(
        self,
        path: str | bytes | PathLike[str] | PathLike[bytes],
        *,
        kind: str,
        shift: str,
        single_end: bool = False,
        barcodes: Mapping[bytes, int] | None = None,
        merge_equal: bool = False,
        max_fragment: int | None = None,
        progress: Callable[[int], object] | None = None,
    ) -> dict[str, Any]: ...
    def finish(self) -> None: ...
    def count(self, group: int, chrom: str) -> int: ...
    def counts(self, group: int, chrom: str, *, slop: int, without: NDArray[np.int64]) -> CoverageCounts: ...
    def write_track(
        self,
        writer: BigWigWriter,
        group: int,
        chrom: str,
        *,
        slop: int,
        factor: float,
        without: NDArray[np.int64],
        clip: float | None = None,
    ) -> None: ...
    def write_bed(
        self,
        path: str | bytes | PathLike[str] | PathLike[bytes],
        group: int,
        without: Mapping[str, NDArray[np.int64]],
        *,
        slop: int = 0,
        columns: int = 6,
    ) -> int: ...
    def spread(
        self,
        group: int,
        chrom: str,
        *,
        width: int,
        without: NDArray[np.int64],
        within: NDArray[np.int64],
        step: int = 0,
    ) -> SitePlaces: ...
    def sites(self, group: int, chrom: str) -> tuple[NDArray[np.int64], NDArray[np.bool_]]: ...

@final
class TrackTransform:
    def __new__(
        cls,
        method: str,
        *,
        subtract: float = 0.0,
        divide: float = 1.0,
        low: float = ...,
        high: float = ...,
        threads: int = 1,
        memory: int = ...,
    ) -> TrackTransform: ...
    def apply(self, value: float) -> float: ...
    def write(
        self, track: Track, chrom: str, size: int, without: NDArray[np.int64], excluded: float, writer: BigWigWriter
    ) -> None: ...

@final
class TrackSums:
    def __new__(cls, *, threads: int = 1, memory: int = ...) -> TrackSums: ...
    def begin(self, start: int, end: int) -> None: ...
    def add(self, track: Track, chrom: str, weight: float) -> tuple[int, int, tuple[int, int, float] | None]: ...
    def clear(self, without: NDArray[np.int64]) -> None: ...
    def write(self, writer: BigWigWriter, chrom: str, divisor: float, is_last: bool) -> None: ...

@final
class WindowReader:
    def __new__(
        cls,
        genome: Genome,
        signal: Sequence[Track],
        binding: Sequence[Track] | None = None,
        *,
        threads: int = 1,
        memory: int | Memory | None = None,
    ) -> WindowReader: ...
    @property
    def genome(self) -> Genome: ...
    @property
    def signal(self) -> tuple[Track, ...]: ...
    @property
    def binding(self) -> tuple[Track, ...]: ...
    @property
    def memory(self) -> Memory: ...
    def chrom_numbers(self, names: Sequence[str]) -> NDArray[np.int32]: ...
    @overload
    def inputs(
        self,
        track: NDArray[np.int32],
        chrom: NDArray[np.int32],
        start: NDArray[np.int64],
        reverse: NDArray[np.bool_] | None = None,
        *,
        compact: Literal[False] = False,
    ) -> NDArray[np.float32]: ...
    @overload
    def inputs(
        self,
        track: NDArray[np.int32],
        chrom: NDArray[np.int32],
        start: NDArray[np.int64],
        reverse: NDArray[np.bool_] | None = None,
        *,
        compact: Literal[True],
    ) -> _CompactInputs: ...
    def targets(
        self,
        track: NDArray[np.int32],
        chrom: NDArray[np.int32],
        start: NDArray[np.int64],
        reverse: NDArray[np.bool_] | None = None,
        *,
        quantitative: bool = False,
        target_scale_factor: float = 1.0,
    ) -> NDArray[np.float32]: ...

@final
class Sampler:
    def __new__(
        cls,
        reader: WindowReader,
        *,
        chroms: Sequence[str],
        roi_chrom: NDArray[np.int32],
        roi_start: NDArray[np.int64],
        roi_track: NDArray[np.int32],
        batch_size: int,
        seed: int,
        stream: int = 0,
        rand_ratio: float = 0.0,
        blacklist: Mapping[str, NDArray[np.int64]] | None = None,
        shuffle_cell_type: bool = True,
        reverse_complement: bool = False,
        jitter: int = 0,
        quantitative: bool = False,
        target_scale_factor: float = 1.0,
    ) -> Sampler: ...
    def with_stream(self, stream: int) -> Sampler: ...
    def with_rows(self, start: int, stop: int) -> Sampler: ...
    @property
    def roi_per_batch(self) -> int: ...
    @property
    def batch_size(self) -> int: ...
    @property
    def rows(self) -> tuple[int, int]: ...
    @property
    def reader(self) -> WindowReader: ...
    @property
    def memory(self) -> Memory: ...
    @property
    def decoded(self) -> Decoded: ...
    def plan(self, epoch: int, index: int) -> Plan: ...
    @overload
    def batch(
        self, epoch: int, index: int, *, compact: Literal[False] = False
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]: ...
    @overload
    def batch(
        self, epoch: int, index: int, *, compact: Literal[True]
    ) -> tuple[_CompactInputs, NDArray[np.float32]]: ...
    @overload
    def batch(self, epoch: int, index: int, *, compact: bool) -> tuple[_Inputs, NDArray[np.float32]]: ...
    def batches(self, epoch: int, start: int, stop: int, *, compact: bool = False) -> Batches: ...
