"""What the report of a run shows beyond its tables, gathered while it is at hand: ``<prefix>_report.json``.

The file is written when an epoch becomes the selected one, from the validation that selected it, and once more at the
end. So it is there whenever the run was stopped, and the report can be drawn from files alone, at any time. The state
for ``--resume`` has that part too, for a run that was killed before the file was written.

An error here is only a warning.
"""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from maxatac.data.shared_files import describe
from maxatac.evaluation.baselines import other_binding
from maxatac.evaluation.curves import summarize
from maxatac.evaluation.ranking import BINDING, SIGNAL
from maxatac.files.atomic import write_json
from maxatac.genome.chroms import assembly
from maxatac.reporting.contents import FORMAT

if TYPE_CHECKING:
    from maxatac.data.signal_scale import SignalScale
    from maxatac.runs.folder import RunFolder
    from maxatac.training.inputs import Inputs
    from maxatac.training.settings import ReadSettings, TrainConfig
    from maxatac.training.validation import Validated, Validator

logger = logging.getLogger(__name__)


_OF_THE_END = ("test", "baselines", "no_binding_baseline")
"""What is added to the file at the end of a run."""


class ReportData:
    """Gathers what a report shows, and keeps it in a file.

    Parameters
    ----------
    folder, config, inputs
        Of the run.
    parameters : int
        Number of weights of the network.
    scales : mapping of str to SignalScale
        Of the training cell types that were measured.
    """

    def __init__(
        self,
        folder: RunFolder,
        config: TrainConfig,
        inputs: Inputs,
        parameters: int,
        scales: Mapping[str, SignalScale],
    ) -> None:
        self._path = folder.report_data
        self._largest = config.target_scale_factor
        self._inputs = inputs
        self._data: dict[str, Any] = {"format": FORMAT}
        with self._forgiving():
            self._data["trained_on"] = trained_on(config, inputs, parameters, scales)

    def summary(self, epoch: int, validated: Validated | None) -> dict[str, Any] | None:
        """Sum up what the validation of an epoch, counted from 1, has found; ``None`` if that fails."""
        with self._forgiving():
            rankings = {} if validated is None else validated.rankings
            sets = {name: summarize(ranking, largest=self._largest) for name, ranking in rankings.items()}
            return {"epoch": epoch, "sets": sets}
        return None

    def select(self, validation: dict[str, Any] | None) -> None:
        """Keep the summary of the selected epoch. A file that holds it already may hold more, and stays."""
        with self._forgiving():
            kept = self._kept(validation)
            for name in _OF_THE_END:
                self._data.pop(name, None)
            self._data |= {"validation": validation, **{name: kept[name] for name in _OF_THE_END if name in kept}}
            if not kept:
                write_json(self._path, self._data)

    @property
    def has_test(self) -> bool:
        """Whether the details of an independent test of the selected model are there."""
        return "test" in self._data

    def add_test(self, tested: Sequence[Mapping[str, Any]]) -> None:
        """Add the details of the test, one for each cell type (:func:`maxatac.training.held_out.run_test`)."""
        with self._forgiving():
            self._data["test"] = list(tested)
            write_json(self._path, self._data)

    def add_baselines(self, validator: Validator, check_for_interrupt: Callable[[], None] = lambda: None) -> None:
        """Add what the validation sets look like by the baselines, unless it is there.

        Parameters
        ----------
        validator : Validator
            Ranks the validation sets by the baselines.
        check_for_interrupt : callable
            Called now and then; what it raises ends the work.
        """
        if all(name in self._data for name in _OF_THE_END):
            return
        with self._forgiving():
            others, reason = self._others()
            found = validator.baselines(others, check_for_interrupt)
            names = {"signal": SIGNAL, "binding": BINDING}
            self._data["baselines"] = {
                validation_set: {names[name]: summarize(ranking) for name, ranking in rankings.items()}
                for validation_set, rankings in found.items()
            }
            self._data["no_binding_baseline"] = reason
            write_json(self._path, self._data)

    def _kept(self, validation: Mapping[str, Any] | None) -> dict[str, Any]:
        """Read the file, if it has the summary of this epoch; else it is empty."""
        try:
            kept: dict[str, Any] = json.loads(self._path.read_text(encoding="utf-8"))
            epoch = kept["validation"] and kept["validation"]["epoch"]
            return kept if epoch == (validation and validation["epoch"]) else {}
        except (OSError, ValueError, KeyError, TypeError):
            return {}

    def _others(self) -> tuple[list[list[int]] | None, str]:
        """Find for each training cell type those whose mean binding is its baseline; or why there are none."""
        training = self._inputs.training
        place = {sample.cell_line: index for index, sample in enumerate(training)}
        chosen = []
        for sample in training:
            baseline = other_binding(sample, training)
            if not baseline.samples:
                return None, baseline.reason
            chosen.append([place[other.cell_line] for other in baseline.samples])
        return chosen, ""

    @contextlib.contextmanager
    def _forgiving(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # noqa: BLE001 - a run must not fail because of its report
            logger.warning("the report will lack something: %s", error)
            logger.debug("traceback", exc_info=True)


def trained_on(
    config: ReadSettings, inputs: Inputs, parameters: int, scales: Mapping[str, SignalScale]
) -> dict[str, Any]:
    """List what a run trains on: plain values, for JSON.

    Returns
    -------
    dict
        ``tf``, ``parameters`` (of the network), ``assembly`` (None if the genome is not recognised), ``chroms`` (role
        and size in bp of each), ``cell_types`` (label of each), ``pools`` (sources of the regions, with what each
        filter took), ``tracks`` (what a part of the training regions holds, by cell type), ``shared_files``,
        ``blacklist`` (whether there is one), ``notes``.
    """
    sizes, split = inputs.genome.chrom_sizes, inputs.split
    roles = {"training": split.training, "validation": split.validation, "test": split.test}
    return {
        "tf": inputs.samples[0].tf,
        "parameters": parameters,
        "assembly": assembly(sizes),
        "chroms": [
            {"name": chrom, "role": role, "size": sizes[chrom]} for role, chroms in roles.items() for chrom in chroms
        ],
        "cell_types": [{"name": sample.cell_line, "label": sample.label} for sample in inputs.samples],
        "pools": {
            name: [
                {
                    "cell_type": source.cell_line,
                    "kind": source.kind,
                    "file": source.path.name,
                    "intervals": source.intervals,
                    "other_chromosomes": source.other_chromosomes,
                    "beyond_end": source.beyond_end,
                    "off_end": source.off_end,
                    "blacklisted": source.blacklisted,
                    "kept": source.kept,
                }
                for source in report.sources
            ]
            for name, report in inputs.reports.items()
        },  # fmt: skip
        "tracks": [
            {
                "cell_type": probe.cell_line,
                "regions": probe.regions,
                "smallest": probe.smallest,
                "largest": probe.largest,
                "percentile_99": scales[probe.cell_line].p99 if probe.cell_line in scales else None,
                "positive_regions": probe.positive_regions,
                "positive_bins": probe.positive_bins,
                "is_binary": probe.is_binary,
            }
            for probe in inputs.probes
        ],  # fmt: skip
        "shared_files": [describe(equal) for equal in inputs.shared],
        "blacklist": config.blacklist is not None,
        "notes": list(split.notes),
    }
