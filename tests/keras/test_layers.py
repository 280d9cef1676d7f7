"""The network as the figure of its structure tells it."""

from __future__ import annotations

from maxatac.reporting.run_plots import describe_layers


def test_layers_of_the_network() -> None:
    from maxatac.model.architectures import build

    rows = describe_layers(build("DCNN_V2", dense=True))
    assert sum(row["parameters"] for row in rows) == 117_204 + 32 * 33
    by_name = {row["name"]: row for row in rows}
    assert len(by_name) == len(rows)
    assert by_name["window"]["shape"] == "1024 x 5"
    assert by_name["conv_5b"] == {
        "name": "conv_5b", "kind": "Conv1D", "detail": "75 x 7, dilation 8, relu", "shape": "64 x 75",
        "parameters": 75 * 75 * 7 + 75,
    }  # fmt: skip
    assert by_name["pool_5"]["shape"] == "32 x 75"
    assert by_name["dense_head"]["detail"] == "32 units, sigmoid"
