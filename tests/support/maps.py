"""Maps without t-SNE, made at once: of the pixels that differ most, the first two are the positions."""

import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digitrec.explain import MapRequest, dataset_maps, tsne


def fit_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the values that differ most stand in for principal components, and two of them for t-SNE."""

    def components(values: np.ndarray) -> tsne.Components:
        most = np.argsort(-values.std(0), kind="stable")[: tsne.COMPONENTS]
        return tsne.Components(values.mean(0), np.eye(values.shape[1], dtype=np.float32)[:, most])

    def fit(known: np.ndarray, report=None) -> np.ndarray:
        if report is not None:
            report(tsne.STEPS, tsne.STEPS)
        return known[:, :2].copy()

    monkeypatch.setattr(tsne, "fit_components", components)
    monkeypatch.setattr(tsne, "fit_positions", fit)


_made: dict[str, bytes] = {}  # the files of maps, by their keys


def make(request: MapRequest) -> dataset_maps.DatasetMap:
    """A stored map of this kind, computed once for all tests."""
    name = request.folder.path.name
    if name in _made:
        request.path.parent.mkdir(parents=True, exist_ok=True)
        request.path.write_bytes(_made[name])
        return dataset_maps.find_map(request)
    with pytest.MonkeyPatch.context() as patch:
        fit_at_once(patch)
        found = dataset_maps.make_map(request)
    _made[name] = request.path.read_bytes()
    return found


def shown(page: AppTest) -> dict:
    """What the map on a page was given."""
    protos = [block.proto for block in page.main.get("bidi_component")]
    (found,) = [json.loads(proto.json) for proto in protos if proto.component_name == "digitrec_point_map"]
    return found
