"""Why an image was read so, what is unusual in it, and which images are alike."""

from digitrec.explain import dataset_maps, neighbours, tsne
from digitrec.explain.counterfactual import MAX_DOTS, Counterfactual, find_counterfactual
from digitrec.explain.dataset_maps import ClassPlace, DatasetMap, MapError, MapRequest
from digitrec.explain.doctor import MIN_SIZE, Finding, Measurement, examine, findings, fix_drawing, gaps_to_close
from digitrec.explain.feature_maps import Layer, describe_filter, feature_layers, first_filters, mean_activations
from digitrec.explain.map_sums import MapSum, explain_map
from digitrec.explain.norms import MNIST, Norm, find_norm
from digitrec.explain.occlusion import Evidence, Predictor, Region, explain_by_occlusion
from digitrec.explain.traits import Traits, measure_traits

__all__ = [
    "MAX_DOTS",
    "MIN_SIZE",
    "MNIST",
    "ClassPlace",
    "Counterfactual",
    "DatasetMap",
    "Evidence",
    "Finding",
    "Layer",
    "MapError",
    "MapRequest",
    "MapSum",
    "Measurement",
    "Norm",
    "Predictor",
    "Region",
    "Traits",
    "dataset_maps",
    "describe_filter",
    "examine",
    "explain_by_occlusion",
    "explain_map",
    "feature_layers",
    "find_counterfactual",
    "find_norm",
    "findings",
    "first_filters",
    "fix_drawing",
    "gaps_to_close",
    "mean_activations",
    "measure_traits",
    "neighbours",
    "tsne",
]
