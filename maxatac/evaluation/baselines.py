"""What a model has to beat: the mean binding of other cell types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from maxatac.data.samples import Sample
from maxatac.files.checksums import has_same_content


@dataclass(frozen=True, eq=False)
class Baseline:
    """The other training cell types, whose mean binding the model is compared with.

    Attributes
    ----------
    samples : tuple of Sample
        Those whose binding is averaged.
    left_out : tuple of str
        Cell types whose binding file has the content of the evaluated one's.
    """

    samples: tuple[Sample, ...]
    left_out: tuple[str, ...]

    @property
    def reason(self) -> str:
        """Why there is no baseline, if there is none."""
        if self.samples:
            return ""
        if self.left_out:
            return f"the binding file of {', '.join(self.left_out)} has the same content, and there is no other"
        return "there is no other training cell type"


def other_binding(sample: Sample, training: Sequence[Sample]) -> Baseline:
    """Choose the training cell types whose mean binding is the baseline of an evaluated one.

    Parameters
    ----------
    sample : Sample
        The evaluated cell type.
    training : sequence of Sample
        Rows that train.

    Raises
    ------
    OSError
        If a binding file cannot be read.
    """
    others = [other for other in training if other.cell_line != sample.cell_line]
    same = with_same_content({other.cell_line: other.binding for other in others}, sample.binding)
    return Baseline(tuple(other for other in others if other.cell_line not in same), tuple(same))


def with_same_content(bindings: Mapping[str, Path], evaluated: Path) -> list[str]:
    """Name the binding files that have the content of the evaluated one: they would be a perfect predictor of it.

    Raises
    ------
    OSError
        If a file cannot be read.
    """
    return [name for name, path in bindings.items() if has_same_content(path, evaluated)]
