"""Ink, photos and images as arrays: reading, cleaning, normalising, measuring and distorting them."""

from digitrec.imaging import pen_drawing, shape
from digitrec.imaging.arrays import Floats, Gray, Image, Images, Ink, Labels, Mask, Proba
from digitrec.imaging.augmentation import Augmentation, augment, sample_affine, smoothing_matrix
from digitrec.imaging.degradation import Degradation, count_chances, degrade
from digitrec.imaging.documents import MAX_DOCUMENT_BYTES, count_pages, read_page, read_pages
from digitrec.imaging.ink_to_image import (
    DRAWING_SIDE,
    SIDE,
    Enlarged,
    InkError,
    Steps,
    fit_to_square,
    load_drawing,
    normalise,
    read_ink,
    to_mnist,
)
from digitrec.imaging.paper import otsu_threshold
from digitrec.imaging.photos import thicken, to_ink, to_strokes
from digitrec.imaging.pictures import (
    FORMATS,
    MAX_BYTES,
    PICTURE_KINDS,
    PictureError,
    Source,
    data_uri,
    explain_refusal,
    read_gray,
)
from digitrec.imaging.shape import count_loops, label_components, measure, remove_specks, stroke_mask
from digitrec.imaging.turns import TURNS, Turn, turn_images

__all__ = [
    "DRAWING_SIDE",
    "FORMATS",
    "MAX_BYTES",
    "MAX_DOCUMENT_BYTES",
    "PICTURE_KINDS",
    "SIDE",
    "TURNS",
    "Augmentation",
    "Degradation",
    "Enlarged",
    "Floats",
    "Gray",
    "Image",
    "Images",
    "Ink",
    "InkError",
    "Labels",
    "Mask",
    "PictureError",
    "Proba",
    "Source",
    "Steps",
    "Turn",
    "augment",
    "count_chances",
    "count_loops",
    "count_pages",
    "data_uri",
    "degrade",
    "explain_refusal",
    "fit_to_square",
    "label_components",
    "load_drawing",
    "measure",
    "normalise",
    "otsu_threshold",
    "pen_drawing",
    "read_gray",
    "read_ink",
    "read_page",
    "read_pages",
    "remove_specks",
    "sample_affine",
    "shape",
    "smoothing_matrix",
    "stroke_mask",
    "thicken",
    "to_ink",
    "to_mnist",
    "to_strokes",
    "turn_images",
]
