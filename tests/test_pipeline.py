"""The four calls leave what they were given as it was: layers are shared, and a pack's identity is its content."""

from pathlib import Path

from coverage.pipeline import assess, hand_in, propose
from coverage.scenario import Scenario
from geodata.sample import sample_layers
from geodata.write.digest import content_id, frame_digest


def test_no_call_alters_its_layers(tmp_path: Path) -> None:
    layers, scenario = sample_layers(), Scenario.from_mapping({"budgets_mvnd": [5_000.0]})
    assert content_id(layers) == layers.info.pack_id
    assessment = assess(layers, scenario, areas=False)
    assert content_id(layers) == layers.info.pack_id
    villages = frame_digest(assessment.villages)
    plan = propose(layers, assessment, scenario)
    hand_in(layers, assessment, plan, tmp_path / "ho_so")
    assert content_id(layers) == layers.info.pack_id
    assert frame_digest(assessment.villages) == villages
