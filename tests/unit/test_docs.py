from __future__ import annotations

import importlib.util
import re
import shlex
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from xml.etree import ElementTree

import pytest
from documentation import PAGES, ROOT, TRAIN, blocks, pages

import maxatac
from maxatac.cli.main import build_parser, parse
from maxatac.runs.folder import RunFolder
from maxatac.training.settings import TrainConfig


def prose(page: Path) -> str:
    return re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)


def anchors(page: Path) -> set[str]:
    """Names that a page's headings get: lower case, no punctuation, hyphens for spaces."""
    headings = re.findall(r"^#+ (.*)$", prose(page), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands(page: Path) -> Iterator[list[str]]:
    """Every command line of the page's shell blocks, as words."""
    for _, block in blocks(page, "bash"):
        for line in block.replace("\\\n", " ").splitlines():
            yield line.split() if "'" in line else shlex.split(line)


def test_pages_are_found() -> None:
    assert {p.name for p in PAGES} == {
        "README.md", "CHANGELOG.md", "train.md", "check.md", "simulate.md", "loader.md", "how-it-is-built.md",
        "distribute.md", "report.md", "docker.md", "cwl.md", "seven-bridges.md", "terra.md", "predict.md", "merge.md",
        "peaks.md", "threshold.md", "benchmark.md", "models.md", "tutorial.md", "prepare.md", "normalize.md",
        "average.md", "binding.md", "accuracy.md", "env.md", "shell.md", "release.md", "nextflow.md", "index.md",
        "changelog.md", "api.md", "gallery.md", "coming-from-maxatac.md", "citing.md", "help.md", "install.md",
        "clusters.md",
    }  # fmt: skip


def script(name: str) -> ModuleType:
    """Import a script of the documentation; what it has beside it is found as when it is run."""
    sys.path.insert(0, str(ROOT / "docs"))
    spec = importlib.util.spec_from_file_location(f"docs_{name}", ROOT / "docs" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(ROOT / "docs"))
    return module


def test_every_table_of_numbers_has_a_place() -> None:
    pages, benchmark = script("pages"), script("benchmark")
    text = "".join(page.read_text(encoding="utf-8") for page in benchmark.PAGES)
    assert [name for name in benchmark.tables() if text.count(pages.begin(name, benchmark.SCRIPT)) != 1] == []


def test_stale_table_of_numbers_is_put_right(tmp_path: Path) -> None:
    benchmark = script("benchmark")
    page = ROOT / "docs" / "loader.md"
    text = page.read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.startswith("| maxatac |"))
    stale = tmp_path / "loader.md"
    stale.write_text(text.replace(line, "| maxatac | 1 |"), encoding="utf-8")
    assert benchmark.fill(stale, benchmark.tables(), benchmark.SCRIPT) == text


def test_option_table_has_every_option() -> None:
    text = TRAIN.read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| `--")]
    named = {option for row in rows for option in re.findall(r"`(--[\w-]+)", row.split(" | ")[0])}
    (subparsers,) = (action for action in build_parser()._actions if hasattr(action, "choices") and action.choices)
    options = {option for action in subparsers.choices["train"]._actions for option in action.option_strings}
    assert named <= options
    assert {option for option in options if not option.startswith("--no-")} - {"-h", "--help"} <= named


def test_stale_option_table_is_put_right() -> None:
    text = TRAIN.read_text(encoding="utf-8")
    stale = text.replace("| `--epochs N` | 20 |", "| `--epochs N` | 30 |")
    assert stale != text
    assert script("options").filled(stale, "train") == text


@pages
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        there = page.parent / path if path else page
        assert there.exists(), f"{page.name} links to {target}"
        assert not anchor or anchor in anchors(there), f"{page.name} links to {target}"


@pages
def test_paths_of_the_project_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    mentioned = set(re.findall(r"(?<![\w/.-])(?:docs|examples|maxatac|rust|tests|\.ci)/[\w./-]*\w", text))
    mentioned |= set(re.findall(r"`([\w.-]+\.(?:toml|lock))`", text))
    assert [path for path in sorted(mentioned) if not (ROOT / path).exists()] == []


@pages
def test_make_targets_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    words = [line[1] for line in commands(page) if line[:1] == ["make"]]
    words += re.findall(r"`make ([a-z-]+)", prose(page))
    assert set(words) <= targets
    assert words or page.name != "README.md"


@pages
def test_command_lines_are_valid(page: Path) -> None:
    lines = [line for line in commands(page) if line[:1] == ["maxatac"]]
    for line in lines:
        parse(line[1:])
    (subparsers,) = (action for action in build_parser()._actions if hasattr(action, "choices") and action.choices)
    assert lines or page.stem not in ("README", "distribute", "tutorial", "models", *subparsers.choices)


@pages
def test_options_that_are_spoken_of_exist(page: Path) -> None:
    (subparsers,) = (action for action in build_parser()._actions if hasattr(action, "choices") and action.choices)
    known = {option for parser in subparsers.choices.values() for option in parser._option_string_actions}
    spoken_of = re.findall(r"`(--[\w-]+)", prose(page))
    allowed = {
        "train.md": {"--name", "--no-name"},
        # Options of cwltool and Toil.
        "cwl.md": {
            "--enable-ext", "--no-container", "--no-prepull", "--on-error", "--podman", "--relax-path-checks",
            "--restart", "--retryCount", "--singularity",
        },
        # Of container engines, and of workflow engines.
        "docker.md": {
            "--bind", "--build-arg", "--containall", "--disable-pull", "--entrypoint", "--env", "--force-docker-pull",
            "--no-prepull", "--podman", "--read-only", "--singularity", "--tmpfs", "--user", "--workdir",
        },
        "env.md": {"--gpus"},
        # What the original accepts, or an argument of a command that is gone.
        "coming-from-maxatac.md": {"--chromosome", "--variants_bed"},
        # Of maturin.
        "release.md": {"--auditwheel"},
        # Of Slurm and Toil.
        "clusters.md": {"--cpus-per-task", "--requeue", "--restart"},
    }.get(page.name, set())  # fmt: skip
    assert set(spoken_of) - allowed <= known


@pages
def test_no_path_of_a_machine(page: Path) -> None:
    assert re.findall(r"(?<![\w.])/(?:home|root|work|tmp|Users|mnt)/\S*", page.read_text(encoding="utf-8")) == []


def test_example_of_a_run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = (block for comment, block in blocks(TRAIN, "python") if comment.startswith("tested with a stand-in"))
    given: list[TrainConfig] = []

    def train(config: TrainConfig) -> SimpleNamespace:
        given.append(config)
        return SimpleNamespace(best_model="best.keras", best_epoch=1, history=[{"val_dice_coef": 0.5}])

    monkeypatch.setattr("maxatac.training.workflow.train", train)
    exec(compile(block, "docs/train.md", "exec"), {})
    assert list(given[0].problems()) == []
    assert given[0].jitter == 480
    assert capsys.readouterr().out == "best.keras 0.5\n"


def test_example_of_a_cross_validation(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = (block for comment, block in blocks(TRAIN, "python") if comment == "tested as settings")
    given: list[TrainConfig] = []

    def cross_validate(config: TrainConfig) -> SimpleNamespace:
        given.append(config)
        scores = SimpleNamespace(mean=lambda size: {"average_precision": 0.5}, spread=lambda size: {"is_wide": False})
        return SimpleNamespace(folds=[SimpleNamespace(name="K562", best_model="best.keras")], scores=scores)

    monkeypatch.setattr("maxatac.training.cross_validation.cross_validate", cross_validate)
    exec(compile(block, "docs/train.md", "exec"), {})
    assert list(given[0].problems()) == []
    assert capsys.readouterr().out == "K562 best.keras\n0.5 {'is_wide': False}\n"


def test_outputs_are_listed() -> None:
    from maxatac.evaluation import benchmark, folds, thresholds
    from maxatac.evaluation.tally import CELL_COLUMNS, SET_METRICS
    from maxatac.runs.folder import HISTORY_COLUMNS, TIMING_COLUMNS

    text = TRAIN.read_text(encoding="utf-8")
    folder = RunFolder(Path(), "<prefix>")
    names = [
        getattr(folder, name).name for name, value in vars(RunFolder).items()
        if isinstance(value, property) and name != "tensorboard"
    ]  # fmt: skip
    names += ["<prefix>_best.keras", "<prefix>_best.h5", "tensorboard/<prefix>/", *HISTORY_COLUMNS, *TIMING_COLUMNS]
    names += [
        *benchmark.COLUMNS,
        *thresholds.COLUMNS,
        *(name for name in folds.COLUMNS if not name.endswith(("_low", "_high"))),
        "<prefix>.bw",
        *CELL_COLUMNS,
        *(f"{prefix}_{name}" for prefix in ("val", "genome") for name in SET_METRICS),
    ]
    assert [name for name in names if f"`{name}`" not in text] == []


def test_columns_of_the_commands_are_listed() -> None:
    from maxatac.evaluation import benchmark_tables, original, quantitative, thresholds
    from maxatac.prediction import settings, windows

    columns = [
        name for name in benchmark_tables.columns((0.05,), has_cutoff=True) if not name.endswith(("_low", "_high"))
    ]
    values = benchmark_tables.quantitative_columns()
    reasons = (windows.OTHER_CHROMOSOME, windows.SHORT, windows.END, windows.BLACKLIST, windows.NOT_GIVEN)
    wanted = {
        "benchmark": [*columns, *values, *benchmark_tables.CURVE_COLUMNS, *original.COLUMNS],
        "threshold": [*thresholds.COLUMNS, *thresholds.METRIC_COLUMNS, *thresholds.METRICS],
        "predict": reasons,
        "peaks": settings.CUTOFF_TYPES,
        "models": [settings.MODELS_VARIABLE],
    }
    assert set(quantitative.QUANTITATIVE_METRICS) <= set(values)
    for page, names in wanted.items():
        text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
        assert [name for name in names if f"`{name}`" not in text] == [], page


def test_picture_of_the_rooms_is_the_contract() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (layers,) = (contract["layers"] for contract in settings if contract["type"] == "layers")
    (picture,) = (text for _, text in blocks(ROOT / "README.md", "text") if text.startswith("__main__"))
    drawn = [re.split(r"  +", line)[0] for line in picture.splitlines()]
    assert drawn == [layer.replace("maxatac.", "") for layer in layers]


def test_every_room_is_described() -> None:
    package = Path(maxatac.__file__).parent
    rooms = {path.stem for path in package.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    text = (ROOT / "docs" / "how-it-is-built.md").read_text(encoding="utf-8")
    assert {room for room in rooms - {"__init__"} if f"`{room}`" not in text} == set()


def test_tools_asked_for_are_those_of_the_build() -> None:
    python = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    rust = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["rust-version"]
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"Python {python.removeprefix('>=')} or newer" in text
    assert f"Rust {rust} or newer" in text


def test_figures_are_what_the_script_draws(tmp_path: Path) -> None:
    figures = script("make_figures").FIGURES
    assert set(figures) == {path.name for path in (ROOT / "docs" / "figures").iterdir()}
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    for name, draw in figures.items():
        drawn = []
        for path in (tmp_path / f"once_{name}", tmp_path / f"twice_{name}"):
            draw(path)
            drawn.append(path.read_bytes())
        assert drawn[0] == drawn[1]
        ground = next(ElementTree.fromstring(drawn[0]).iter("{http://www.w3.org/2000/svg}path"))
        assert "fill: #ffffff" in ground.attrib["style"], "unreadable on a dark page"
        assert f"figures/{name})" in text


ORIGINAL = {
    "prepare": "-i --input -o --output -n --prefix -prefix -name -slop --slop -rpm --rpm_factor -c -chroms "
    "--chromosomes -t -threads --threads -skip_dedup --skip_deduplication -cs -chrom_sizes "
    "--chrom_sizes --chromosome_sizes --blacklist --blacklist_bw",
    "average": "-i -n --name --prefix -cs --chrom_sizes --chromosome_sizes -c --chroms --chromosomes -o --output "
    "--output_dir",
    "normalize": "-i --signal -n --name --prefix --method --max_percentile --min --max --clip -c --chroms "
    "--chromosomes -cs --chrom_sizes --chromosome_sizes --blacklist_bw -o --output --output_dir",
    "train": "--sequence --meta_file --prefix --train_roi --validate_roi --target_scale_factor "
    "--output_activation --chroms --tchroms --vchroms --arch --rand_ratio --seed --weights --epochs "
    "--batches --batch_size --val_batch_size --output --plot --dense --threads --loglevel "
    "--rev_comp_train --shuffle_cell_type --rev_comp --genome --blacklist --chrom_sizes --save_roi "
    "--multiprocessing --max_queue_size",
    "predict": "-tf --tf_name -m --model -i -s --signal -n --name --prefix --seq --sequence -o --output -bl "
    "--blacklist --bed --peaks --regions --roi -roi -w --windows --batch_size --step_size -cs "
    "-chrom_sizes --chrom_sizes --chromosome_sizes -c -chroms --chromosomes -ct -cutoff_type "
    "--cutoff_type -cv -cutoff_value --cutoff_value -cf -cutoff_file --cutoff_file -skip_call_peaks "
    "--skip_call_peaks",
    "peaks": "-i --input_bigwig -cutoff_file --cutoff_file -cutoff_type --cutoff_type -cutoff_value "
    "--cutoff_value -prefix --prefix -bin --bin_size -o --output -chromosomes",
    "threshold": "--prefix --meta_file --chromosomes --bin_size --chrom_sizes --blacklist_bw --output",
    "benchmark": "--bw --bigwig -bw -bed --bed --gold_standard -c --chroms --chromosomes --bin_size --agg "
    "--round_predictions -n --name --prefix -o --output_directory --blacklist_bw -plot --plot "
    "-skip_plot --skip_plot",
}
"""The options of maxATAC 1.0.6, by command."""


@pytest.mark.parametrize("command", ORIGINAL)
def test_every_option_of_the_original_has_its_row(command: str) -> None:
    text = (ROOT / "docs" / "coming-from-maxatac.md").read_text(encoding="utf-8")
    section = text.partition(f"\n## {command}\n")[2].partition("\n## ")[0]
    table = section.partition("| Option of 1.0.6 | Here |\n|---|---|\n")[2].partition("\n\n")[0]
    named = [re.findall(r"`(--?[\w-]+)`", row.split(" | ")[0]) for row in table.splitlines()]
    assert sorted(sum(named, [])) == sorted(ORIGINAL[command].split())
    (subparsers,) = (action for action in build_parser()._actions if hasattr(action, "choices") and action.choices)
    assert set(sum(named, [])) <= set(subparsers.choices[command]._option_string_actions)


def test_python_reference_has_every_public_name() -> None:
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    shown = re.findall(r"^\.\. auto(?:function|class):: (\w+)$", text.partition("## Errors")[0], flags=re.MULTILINE)
    assert sorted(shown) == sorted(maxatac.__all__)


def test_pictures_of_the_gallery_are_those_of_the_script_and_small() -> None:
    gallery = script("gallery")
    pictures = list((ROOT / "docs" / "gallery").iterdir())
    assert {path.name for path in pictures} == {*gallery.FIGURES, *gallery.PAGES}
    assert sum(path.stat().st_size for path in pictures) < 600_000
    text = (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8")
    assert [path.name for path in pictures if f"](gallery/{path.name})" not in text] == []
