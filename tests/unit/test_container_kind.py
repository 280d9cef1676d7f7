from __future__ import annotations

from pathlib import Path

import pytest

from maxatac.system.container import container_kind


@pytest.mark.parametrize(
    ("environment", "files", "kind"),
    [
        ({}, {}, None),
        ({}, {".dockerenv": ""}, "docker"),
        ({"container": "podman"}, {"run/.containerenv": ""}, "podman"),
        ({"container": "systemd-nspawn"}, {}, "systemd-nspawn"),
        ({"APPTAINER_CONTAINER": "/a.sif"}, {".dockerenv": ""}, "apptainer"),
        ({"SINGULARITY_CONTAINER": "/a.sif"}, {}, "singularity"),
        ({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, {".dockerenv": ""}, "kubernetes"),
        ({}, {"proc/1/cgroup": "12:memory:/docker/0a1b\n0::/docker/0a1b\n"}, "docker"),
        ({}, {"proc/1/cgroup": "0::/kubepods/besteffort/pod1\n"}, "kubernetes"),
        ({}, {"proc/1/cgroup": "0::/machine.slice/libpod-1.scope\n"}, "podman"),
        ({}, {"proc/1/cgroup": "0::/init.scope\n"}, None),
    ],
)
def test_kind(environment: dict[str, str], files: dict[str, str], kind: str | None, tmp_path: Path) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert container_kind(environment, tmp_path) == kind
