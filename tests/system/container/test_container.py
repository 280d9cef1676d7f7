"""The image itself: built, and run as clusters and workflow engines run it: read-only, as any user, without network.

``make image-test`` runs this on an image that it builds with buildah (see ``stack.sh``). MAXATAC_IMAGE names an image
to test instead, and MAXATAC_ENGINE the program that runs it (``docker`` if nothing is said).
"""

from __future__ import annotations

import json
import math
import os
import re
import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import certifi
import pyBigWig
import pytest
import tiny
from tiny import TinySet

pytestmark = [pytest.mark.container, pytest.mark.slow]

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
STACK, ROOTLESS = HERE / "stack.sh", HERE / "rootless.sh"
PREFIX = "maxatac_model"
# What Toil, cwltool, Nextflow and shared clusters do to a container, all at once.
CONFINED = ("--read-only", "--tmpfs", "/tmp", "--network", "none", "--user", "54321:54321")
UP_SECONDS, BUILD_SECONDS, RUN_SECONDS = 600, 1500, 600

Done = subprocess.CompletedProcess[str]


class Engine:
    """A program that runs containers, and the image."""

    def __init__(self, words: Sequence[str], image: str, *, ours: bool) -> None:
        self.words, self.image, self.ours = list(words), image, ours

    def __call__(self, *arguments: str, seconds: float = RUN_SECONDS) -> Done:
        return subprocess.run([*self.words, *arguments], capture_output=True, text=True, timeout=seconds, check=False)

    def run(self, *command: str, options: Sequence[str] = ()) -> Done:
        return self("run", "--rm", *options, self.image, *command)

    def inspect(self) -> dict[str, object]:
        found: dict[str, object] = json.loads(self("image", "inspect", self.image).stdout)[0]
        return found


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """The image, built if none is named; a machine that cannot skips, and tells why."""
    if image := os.environ.get("MAXATAC_IMAGE"):
        return Engine(shlex.split(os.environ.get("MAXATAC_ENGINE", "docker")), image, ours=False)
    log = tmp_path_factory.mktemp("stack") / "log"
    for command, seconds in (("up", UP_SECONDS), ("build", BUILD_SECONDS)):
        # timeout ends what the script has started, too.
        limit = ["timeout", "--kill-after=30", str(seconds)] if shutil.which("timeout") else []
        with log.open("a") as file:
            status = subprocess.run(
                [*limit, STACK, command], stdout=file, stderr=subprocess.STDOUT, check=False
            ).returncode
        if status == 77:
            pytest.skip(log.read_text().rpartition("left out: ")[2].strip())
        # The end of what it said; all of it is thousands of lines of apt.
        said = "\n".join(log.read_text().splitlines()[-60:])
        assert status != 124, f"stack.sh {command} took longer than {seconds} s\n{said}"
        assert status == 0, f"stack.sh {command}: status {status}\n{said}"
    return Engine([str(STACK), "podman"], "localhost/maxatac:ci", ours=True)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> TinySet:
    """A data set that every user may read, at the path that it has in the container, too."""
    made = tiny.make(tmp_path_factory.mktemp("data"))
    made.folder.chmod(0o755)
    for path in made.folder.iterdir():
        path.chmod(0o644)
    return made


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder that every user may write to."""
    folder = tmp_path / "out"
    folder.mkdir()
    folder.chmod(0o777)
    return folder


def mounts(data: TinySet, out: Path | None = None) -> list[str]:
    """The data set at /in, read-only, and the folder of results at /out."""
    volumes = ["-v", f"{data.folder}:/in:ro"]
    return volumes if out is None else [*volumes, "-v", f"{out}:/out", "--workdir", "/out"]


def training(*more: str, **changes: object) -> list[str]:
    given = {"epochs": 3, "batches": 2, "rand_ratio": 0.25, "jitter": 100, "test": False, **changes}
    return TinySet(Path("/in")).arguments(Path("results"), *more, **given)


def outcome(folder: Path) -> tuple[str, bytes, str]:
    """What must not depend on how often a run was stopped."""
    record = json.loads((folder / f"{PREFIX}_run.json").read_text())
    assert record["status"] == "finished"
    return record["state_sha256"], (folder / f"{PREFIX}.csv").read_bytes(), (folder / "best_epoch.txt").read_text()


def told(done: Done) -> str:
    return f"status {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-6000:]}"


# How it is called ----------------------------------------------------------------------------------------------------


def test_both_ways_of_calling_are_one(engine: Engine) -> None:
    for words in (["--help"], ["--version"], ["train", "--help"]):
        short, long = (engine.run(*form, options=CONFINED) for form in (words, ["maxatac", *words]))
        assert short.returncode == 0, told(short)
        assert (short.stdout, short.returncode) == (long.stdout, long.returncode)
        assert short.stderr == ""
    nothing = engine.run(options=CONFINED)
    assert nothing.stdout == engine.run("--help", options=CONFINED).stdout


def test_programs_of_workflow_engines_are_there(engine: Engine) -> None:
    done = engine.run("bash", "-c", "ps -e >/dev/null && id -u && pwd", options=CONFINED)
    assert (done.stdout, done.returncode) == ("54321\n/data\n", 0), told(done)


@pytest.mark.parametrize("word", ["trian", "test", "export", "/data"])
def test_mistake_is_told_by_maxatac(word: str, engine: Engine) -> None:
    done = engine.run(word, options=CONFINED)
    assert done.returncode == 2, told(done)
    assert "maxatac" in done.stderr and word in done.stderr


# What it is ----------------------------------------------------------------------------------------------------------


def test_labels_and_user(engine: Engine) -> None:
    config = engine.inspect()["Config"]
    assert isinstance(config, dict)
    labels = {name.rpartition(".")[2]: value for name, value in config["Labels"].items()}
    assert labels["licenses"] == "Apache-2.0"
    version = engine.run("--version").stdout.split()[1]
    assert labels["version"] == version
    assert all(labels[name] for name in ("authors", "source", "url", "documentation", "revision", "created"))
    if engine.ours:
        assert re.fullmatch(r"[0-9a-f]{40}", labels["revision"])
        assert labels["created"][:2] == "20"
    assert config.get("Volumes") is None and config.get("ExposedPorts") is None
    assert engine.run("id", "-u").stdout == "0\n"


def test_distributions_are_those_of_the_lock(engine: Engine) -> None:
    code = "from importlib.metadata import distributions as d; [print(f'{x.name}=={x.version}') for x in d()]"
    there = {
        line.lower().replace("_", "-") for line in engine.run("python", "-c", code, options=CONFINED).stdout.split()
    }
    lock = (ROOT / "docker" / "tensorflow-cpu.lock").read_text(encoding="utf-8")
    pinned = set(re.findall(r"^([\w.-]+==[^\s;]+)", lock, flags=re.MULTILINE))
    assert {line for line in there if not line.startswith("maxatac==")} == pinned


def test_licences_are_in_the_image(engine: Engine) -> None:
    folder = "/usr/share/doc/maxatac"
    done = engine.run("sh", "-c", f"cd {folder} && cat python.tsv rust.tsv && ls . python rust && head -2 LICENSE")
    assert done.returncode == 0, told(done)
    for word in ("tensorflow_cpu\t", "keras\t", "pyo3\t", "libdeflater\t", "Apache License", "numpy\n", "rayon\n"):
        assert word in done.stdout
    assert not re.search(r"^(criterion|maturin|pytest)\t", done.stdout, flags=re.MULTILINE)


def test_code_is_compiled_and_readable_by_all(engine: Engine) -> None:
    code = (
        "import maxatac.training.workflow, keras, numpy, sys;"
        "found = [m for m in list(sys.modules.values()) if str(getattr(m, '__file__', '') or '').endswith('.py')];"
        "import os; print([m.__name__ for m in found if m.__file__.startswith('/opt')"
        " and not os.path.exists(m.__cached__ or '')])"
    )
    done = engine.run("python", "-c", code, options=CONFINED)
    assert done.stdout == "[]\n", told(done)
    closed = "find /opt /usr/share/doc/maxatac /usr/local ! -perm -o=r ! -type l -o -type d ! -perm -o=x"
    assert engine.run("sh", "-c", closed).stdout == ""


def test_nothing_of_this_machine_is_in_the_image(engine: Engine, tmp_path: Path) -> None:
    """Neither in the files nor in the history: the project's path, host names of registries, certificates."""
    words = {socket.gethostname(), str(ROOT), os.path.expanduser("~/.pyenv")} - {
        "localhost",
        "debian",
        "buildkitsandbox",
    }
    for path in (Path("/etc/pip.conf"), Path.home() / ".config/pip/pip.conf", Path.home() / ".cargo/config.toml"):
        if path.is_file():
            words |= {urlsplit(url).hostname or "" for url in re.findall(r"https?://\S+", path.read_text())}
    words |= {
        urlsplit(value).hostname or "" for name, value in os.environ.items() if name.startswith(("PIP_", "CARGO_"))
    }
    words -= {"", "pypi.org", "files.pythonhosted.org", "index.crates.io", "static.crates.io", "crates.io"}
    words = {word for word in words if len(word) > 5}
    bundle = Path(os.environ.get("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt"))
    public = Path(certifi.where()).read_text() + debian_certificates()
    if bundle.is_file():
        # The second line is of the certificate's own: the first is alike in many.
        blocks = re.findall(r"-----BEGIN CERTIFICATE-----\n(.*?)-----END", bundle.read_text(), flags=re.DOTALL)
        words |= {block.splitlines()[3] for block in blocks if block.splitlines()[3] not in public}
    archive = tmp_path / "image.tar"
    saved = engine("save", "--output", str(archive), engine.image)
    assert saved.returncode == 0, told(saved)
    # Two that are there, one of them in the last file of a layer, show that the scan finds words.
    there = {"What is no command of maxatac", "libtensorflow_cc"}
    assert found_in(archive, words | there) == there
    archive.unlink()


def debian_certificates() -> str:
    folder = Path("/usr/share/ca-certificates/mozilla")
    return "".join(path.read_text() for path in sorted(folder.glob("*.crt"))) if folder.is_dir() else ""


def found_in(path: Path, words: set[str]) -> set[str]:
    """Which of the words are in a file that may be larger than memory, read once."""
    options = [option for word in words for option in ("-e", word)]
    done = subprocess.run(["grep", "-aoF", *options, path], capture_output=True, text=True, check=False)
    return set(done.stdout.splitlines())


# A training ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def in_one_go(engine: Engine, data: TinySet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run as a user without a name and a home, that could write to its results and /tmp alone."""
    out = tmp_path_factory.mktemp("once")
    out.chmod(0o777)
    done = engine.run(
        "env", "-u", "HOME", "maxatac", *training("--plot", test=True), options=[*CONFINED, *mounts(data, out)]
    )
    assert done.returncode == 0, told(done)
    for trouble in ("Permission denied", "Read-only", "temporary cache", "Traceback", "warning"):
        assert trouble not in done.stdout + done.stderr, told(done)
    return out / "results"


def test_training_leaves_what_it_should(in_one_go: Path) -> None:
    names = {path.name for path in in_one_go.iterdir()}
    assert {f"{PREFIX}_best.keras", f"{PREFIX}_best.h5", f"{PREFIX}_run.json", f"{PREFIX}.csv"} <= names
    assert {path.stat().st_uid for path in in_one_go.rglob("*")} == {54321}
    assert {path.name for path in in_one_go.parent.iterdir()} == {"results"}


def test_model_of_a_training_predicts(engine: Engine, data: TinySet, out: Path, in_one_go: Path) -> None:
    words = ["predict", "--model", f"/model/{PREFIX}_best.keras", "--sequence", "/in/genome.2bit"]
    words += ["--signal", "/in/CellC_signal.bw", "--chroms", "chr3", "--output", "/out/results", "--prefix", "CellC"]
    words += ["--cutoff_type", "score", "--cutoff_value", "0", "--batch_size", "8"]
    volumes = [*mounts(data, out), "-v", f"{in_one_go}:/model:ro"]
    done = engine.run(*words, options=[*CONFINED, *volumes])
    assert done.returncode == 0, told(done)
    with pyBigWig.open(str(out / "results" / "CellC.bw")) as track:
        (size,) = track.chroms().values()
        assert track.chroms() == {"chr3": tiny.SIZES["chr3"]}
        found = track.intervals("chr3")
    assert [start for start, *_ in found] == [*range(0, size // 32 * 32, 32)]
    assert all(0 < value < 1 for *_, value in found)
    sites = (out / "results" / "CellC_peaks.bed").read_text().split()
    assert sites[:3] == ["chr3", "0", str(size // 32 * 32)]


def test_peaks_of_reads(engine: Engine, data: TinySet, out: Path) -> None:
    """MACS has Debian's Python, and finds its own packages there, not those in the home or maxatac's."""
    lines = [f"chr1\t{start}\t{start + 100}\tA{start}-1\t1\n" for start in range(5_000, 150_000, 500)]
    lines += [f"chr1\t{start}\t{start + 60}\tB{start}-1\t1\n" for start in range(50_000, 50_100)]
    (out / "fragments.tsv").write_text("".join(lines))
    packages = out / "home" / ".local/lib/python3.11/site-packages"
    packages.mkdir(parents=True)
    for name in ("numpy", "MACS2", "usercustomize"):
        (packages / f"{name}.py").write_text("raise SystemExit('code of another')\n")
    words = ["prepare", "--input", "fragments.tsv", "--sequence", "/in/genome.2bit", "--prefix", "S", "--call_peaks"]
    home = ["-e", "HOME=/out/home"]
    done = engine.run(*words, "--output", "results", options=[*CONFINED, *mounts(data, out), *home])
    assert done.returncode == 0, told(done)
    record = json.loads((out / "results" / "S_prepare_run.json").read_text())
    peaks = record["tracks"]["S"]["peaks"]
    assert peaks["command"][:2] == ["/usr/bin/macs2", "callpeak"]
    (chrom, start, end), *_ = (
        line.split("\t")[:3] for line in (out / "results" / peaks["path"]).read_text().splitlines()
    )
    assert chrom == "chr1" and 49_900 < int(start) < 50_100 < int(end) < 50_300
    with pyBigWig.open(str(out / "results" / "S_IS_slop20_RP20M_minmax01.bw")) as track:
        assert track.values("chr1", 50_000, 50_010)[0] > 0


def test_sigterm_leaves_a_run_that_another_container_ends(
    engine: Engine, data: TinySet, out: Path, in_one_go: Path
) -> None:
    name = f"maxatac-test-{os.getpid()}"
    results = out / "results"
    command = [engine.image, *training("--resume")]
    started = engine("run", "--detach", "--name", name, *CONFINED, *mounts(data, out), *command)
    assert started.returncode == 0, told(started)
    try:
        wait_for(lambda: epochs_told(results) >= 1, lambda: told(engine("logs", name)))
        stopped = engine("stop", "--time", "120", name)
        assert stopped.returncode == 0, told(stopped)
        status = engine("inspect", "--format", "{{.State.ExitCode}}", name).stdout.strip()
        assert status == "75", told(engine("logs", name))
    finally:
        engine("rm", "--force", name)
    assert epochs_told(results) < 3, "the run was over before it could be stopped"
    done = engine.run("train", *training("--resume")[1:], options=[*CONFINED, *mounts(data, out)])
    assert done.returncode == 0, told(done)
    assert outcome(results) == outcome(in_one_go)


def epochs_told(folder: Path) -> int:
    log = folder / f"{PREFIX}.log"
    return log.read_text().count(" INFO epoch ") if log.exists() else 0


def wait_for(condition: Callable[[], bool], tell: Callable[[], str]) -> None:
    end = time.monotonic() + RUN_SECONDS
    while not condition():
        assert time.monotonic() < end, tell()
        time.sleep(0.2)


@pytest.mark.parametrize("user", ["10001:10001", "0:0", "2147483647:0", "1234:5678"])
def test_any_user(engine: Engine, data: TinySet, user: str) -> None:
    options = ["--read-only", "--tmpfs", "/tmp", "--network", "none", "--user", user, *mounts(data)]
    command = ["check", "/in/meta.tsv", "--sequence", "/in/genome.2bit", "--tchroms", "chr1", "--vchroms", "chr3"]
    done = engine.run(*command, options=options)
    assert done.returncode == 0, told(done)


# As platforms start it ------------------------------------------------------------------------------------------------


CHECK = ["maxatac", "check", "meta.tsv", "--sequence", "genome.2bit", "--tchroms", "chr1", "--vchroms", "chr3"]


@pytest.fixture
def task(data: TinySet, tmp_path: Path) -> Path:
    """A folder as an engine makes it, which is root's, with the data of a task."""
    folder = tmp_path / "task"
    data.copy(folder)
    folder.chmod(0o755)
    return folder


def test_cromwell(engine: Engine, task: Path) -> None:
    """No user, no entry point, a script that it has written, and everything that is told in files beside it."""
    (task / "script").write_text(
        "#!/bin/bash\ncd /cromwell_root\nexport TMPDIR=$(mkdir -p /cromwell_root/tmp.1 && echo /cromwell_root/tmp.1)\n"
        f'export HOME="$HOME"\n( {shlex.join(CHECK)} ) > stdout 2> stderr\necho $? > rc.tmp\nmv rc.tmp rc\n'
    )
    done = engine.run(
        "/cromwell_root/script",
        options=["-i", "--entrypoint=/bin/bash", "-v", f"{task}:/cromwell_root:delegated"],
    )
    assert done.returncode == 0, told(done)
    assert (task / "rc").read_text() == "0\n", (task / "stderr").read_text()
    assert "genome.2bit" in (task / "stdout").read_text()


def test_nextflow(engine: Engine, task: Path) -> None:
    """The working folder at its own path, bash with a script, and no user."""
    (task / ".command.sh").write_text(f"#!/bin/bash -ue\n{shlex.join(CHECK)} > report.txt\nps -o state= -p 1\n")
    done = engine.run(
        "/bin/bash", "-ue", f"{task}/.command.sh",
        options=["-i", "-e", "NXF_TASK_WORKDIR", "-v", f"{task}:{task}", "-w", str(task)],
    )  # fmt: skip
    assert done.returncode == 0, told(done)
    assert (task / "report.txt").stat().st_uid == 0


@pytest.mark.parametrize("user", ["0:0", "1000:1000"])
def test_cwltool_and_toil(user: str, engine: Engine, data: TinySet, tmp_path: Path) -> None:
    """Files one by one, a working folder that is the home, all else read-only, and the user who has started it."""
    work, temporary = tmp_path / "work", tmp_path / "tmp"
    for folder in (work, temporary):
        folder.mkdir()
        os.chown(folder, *map(int, user.split(":")))
    binds = [(work, "/QxBcdE", ""), (temporary, "/tmp", ""), (data.folder, "/var/lib/cwl/stg1", ",readonly")]
    done = engine.run(
        *CHECK[:2], "/var/lib/cwl/stg1/meta.tsv", "--sequence", "/var/lib/cwl/stg1/genome.2bit", *CHECK[5:],
        options=[
            "-i", *(f"--mount=type=bind,source={here},target={there}{more}" for here, there, more in binds),
            "--workdir=/QxBcdE", "--read-only=true", "--log-driver=none", "--net=none", f"--user={user}",
            f"--cidfile={tmp_path / 'cid'}", "--env=TMPDIR=/tmp", "--env=HOME=/QxBcdE",
        ],
    )  # fmt: skip
    assert done.returncode == 0, told(done)
    assert list(work.iterdir()) == []


def test_apptainer(engine: Engine, data: TinySet, tmp_path: Path, in_one_go: Path) -> None:
    """The user's own number, home and /tmp of the host, in which others have left files, and not as process 1."""
    home, shared = tmp_path / "home", tmp_path / "tmp"
    for folder in (home, shared):
        folder.mkdir()
        os.chown(folder, 54321, 54321)
    shared.chmod(0o1777)
    settings = '{"floatx": "float16", "epsilon": 0.1, "backend": "jax", "image_data_format": "channels_first"}'
    for folder in (shared / "keras", shared / ".keras", home / ".keras"):
        folder.mkdir()
        (folder / "keras.json").write_text(settings)
    packages = Path(".local/lib/python3.11/site-packages")
    for folder in (shared / "matplotlib", shared / ".config/matplotlib"):
        folder.mkdir(parents=True)
        (folder / "matplotlibrc").write_text("text.usetex: true\n")
    for folder in (shared / packages, home / packages):
        folder.mkdir(parents=True)
        (folder / "usercustomize.py").write_text("raise SystemExit('code of another')\n")
    before = sorted(shared.rglob("*"))
    done = engine.run(
        "train", *training("--output", "/home/user/results", "--plot")[1:],
        options=[
            "--pid", "host", "--read-only", "--user", "54321:54321", "-v", f"{home}:/home/user", "-v", f"{shared}:/tmp",
            "-v", f"{data.folder}:/in:ro", "--workdir", "/home/user", "-e", "HOME=/home/user",
        ],
    )  # fmt: skip
    assert done.returncode == 0, told(done)
    assert "tini" not in done.stderr.lower(), told(done)
    assert outcome(home / "results") == outcome(in_one_go)
    assert {path.name for path in home.iterdir()} == {".keras", ".local", "results"}
    assert sorted(shared.rglob("*")) == before


def shim(program: Path, *, pulls: bool) -> Path:
    """A program that is the tests' own podman; it says that it pulled an image, or that no registry has it."""
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\n[ "$1" = pull ] && exit {int(not pulls)}\nexec {STACK} podman "$@"\n')
    program.chmod(0o755)
    return program


def tool(name: str) -> Path:
    """A program of the workflow tools."""
    found = Path(os.environ.get("MAXATAC_CWL_TOOLS", ROOT / ".venv-cwl" / "bin")).absolute() / name
    if not found.exists():
        pytest.skip(f"no {found}: make .venv-cwl/.done")
    return found


def test_toil_with_an_image_that_no_registry_has(engine: Engine, tmp_path: Path) -> None:
    """And with nothing but defaults."""
    if not engine.ours:
        pytest.skip("the image under test is not in a storage of these tests")
    toil = tool("toil-cwl-runner")
    descriptor = tmp_path / "simulate.cwl"
    text = (ROOT / "cwl" / "maxatac-simulate.cwl").read_text()
    descriptor.write_text(re.sub(r"dockerPull: \S+", f"dockerPull: {engine.image}", text))
    words = [toil, "--no-prepull", "--jobStore", tmp_path / "store", "--outdir", tmp_path / "out", descriptor]
    path = os.pathsep.join(
        [str(shim(tmp_path / "bin" / "docker", pulls=False).parent), str(toil.parent), os.environ["PATH"]]
    )
    done = subprocess.run(
        words, capture_output=True, text=True, check=False, timeout=RUN_SECONDS, cwd=tmp_path,
        env={**os.environ, "PATH": path},
    )  # fmt: skip
    assert done.returncode == 0, told(done)
    assert (tmp_path / "out" / "genome.2bit").stat().st_size > 16_000_000 // 4


def test_miniwdl(engine: Engine, data: TinySet, tmp_path: Path) -> None:
    """The WDL itself, by podman; the names have what a shell would take for its own."""
    if not engine.ours:
        pytest.skip("the image under test is not in a storage of these tests")
    copied = data.copy(tmp_path / "it's")
    cells = [
        {
            "cell_type": cell, "label": "Test" if cell == tiny.CELLS[-1] else "Train",
            **{
                name: str(copied.file(cell, file)) for name, file in (
                    ("atac_signal", "signal.bw"), ("binding", "binding.bw"), ("atac_peaks", "atac.narrowPeak"),
                    ("chip_peaks", "chip.narrowPeak"),
                )
            },
        }
        for cell in tiny.CELLS
    ]  # fmt: skip
    inputs = {
        "run": {"tf": "TF1", "cells": cells}, "sequence": str(copied.sequence), "prefix": "it's", "genome": "'$HOME",
        "blacklist": str(copied.blacklist), "tchroms": list(tiny.TRAINING), "vchroms": list(tiny.VALIDATION),
        "epochs": 1, "batches": 2, "batch_size": 8, "val_batch_size": 8, "seed": 7, "plot": False, "test": False,
        "cores": 1, "ram_mb": 2000, "docker": engine.image,
    }  # fmt: skip
    (tmp_path / "inputs.json").write_text(json.dumps({f"maxatac_train.{name}": one for name, one in inputs.items()}))
    done = subprocess.run(
        [
            tool("miniwdl"), "run", ROOT / "wdl" / "maxatac-train.wdl", "-i", tmp_path / "inputs.json",
            "-d", f"{tmp_path}/run/.",
        ],
        capture_output=True, text=True, check=False, timeout=RUN_SECONDS, cwd=tmp_path,
        env={
            **os.environ, "MINIWDL__SCHEDULER__CONTAINER_BACKEND": "podman",
            "MINIWDL__PODMAN__EXE": json.dumps([str(shim(tmp_path / "bin" / "engine", pulls=True))]),
        },
    )  # fmt: skip
    assert done.returncode == 0, told(done)
    record = json.loads(next((tmp_path / "run").rglob("it's_run.json")).read_text())
    assert record["status"] == "finished"
    # All that is to be on the disk, in MiB, rounded up: half a million bytes is 1.
    handed = json.loads((tmp_path / "run" / "call-train" / "inputs.json").read_text())
    size = sum(path.stat().st_size for path in copied.folder.iterdir() if path.suffix != ".tsv")
    assert handed["input_mb"] in (math.ceil(size / 2**20), math.ceil(size / 2**20) - 1)


def test_folder_of_another_user_is_told_with_the_remedy(engine: Engine, task: Path) -> None:
    os.chown(task, 1000, 1001)
    words = training()
    for options in (["--user", "54321:54321"], ["--cap-drop", "ALL"]):
        done = engine.run(*words, options=[*options, "-v", f"{task}:/in", "--workdir", "/in"])
        assert done.returncode == 2, told(done)
        assert "cannot be written to" in done.stderr and "--user 1000:1001" in done.stderr, told(done)
    os.chown(task, 1000, 1001)
    task.chmod(0o700)
    done = engine.run(*words, options=["--user", "54321:54321", "-v", f"{task}:/in"])
    assert "is in a folder that may not be read" in done.stderr and "--user 1000:1001" in done.stderr, told(done)


def test_no_temporary_folder_is_told_with_the_remedy(engine: Engine, data: TinySet) -> None:
    done = engine.run(*training(), options=["--read-only", "--read-only-tmpfs=false", "-v", f"{data.folder}:/in:ro"])
    assert done.returncode == 2, told(done)
    assert "temporary files" in done.stderr and "--tmpfs /tmp" in done.stderr, told(done)
    assert "Traceback" not in done.stderr


def test_processors_and_memory_of_the_container_are_used(engine: Engine) -> None:
    code = "from maxatac.system.resources import usable_memory as m, usable_processors as p; print(p(), m())"
    done = engine.run("python", "-c", code, options=["--cpus", "1", "--memory", "512m"])
    if done.returncode and "cgroup" in done.stderr:
        pytest.skip(f"no limits can be set here: {done.stderr.strip().splitlines()[-1]}")
    assert done.stdout == f"1 {512 * 2**20}\n", told(done)


# Without root --------------------------------------------------------------------------------------------------------


@pytest.fixture
def ordinary_user(engine: Engine) -> Iterator[Path]:
    """A folder of the user whose podman has the image."""
    if not engine.ours:
        pytest.skip("the image under test is not in a storage of these tests")
    found = subprocess.run([ROOTLESS, "--home"], capture_output=True, text=True, check=False)
    if found.returncode == 77:
        pytest.skip(found.stderr.strip())
    assert found.returncode == 0, told(found)
    folder = Path(found.stdout.strip()) / f"test-{os.getpid()}"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


def test_rootless_podman_runs_it_as_the_user(ordinary_user: Path, data: TinySet) -> None:
    copied = data.copy(ordinary_user / "data")
    for path in (ordinary_user, copied.folder):
        path.chmod(0o777)
    run = (
        "podman run --rm --userns keep-id --user 54321:54321 --read-only --tmpfs /tmp --network none"
        f" -v {copied.folder}:/in:ro -v {ordinary_user}:/out --workdir /out localhost/maxatac:ci"
    )
    command = ["maxatac", *training("--dry_run")]
    done = subprocess.run(
        [ROOTLESS, "sh", "-c", f"set -eu; {run} id -u; {run} {shlex.join(command)}; {run} touch /out/mine"],
        capture_output=True, text=True, check=False, timeout=RUN_SECONDS, cwd="/",
    )  # fmt: skip
    assert done.returncode == 0, told(done)
    assert done.stdout.startswith("54321\n")
    assert (ordinary_user / "mine").stat().st_uid == 54321
