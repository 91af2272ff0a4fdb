"""Trained networks that leave the program and come into it: formats, proofs, snippets, bundles."""

from digitrec.exchange import proofs, screening
from digitrec.exchange.bundle import describe_licence, make_bundle, read_bundle
from digitrec.exchange.c_array import CNames, read_c_array, write_c_array
from digitrec.exchange.formats import FORMATS, Format
from digitrec.exchange.making import import_bundle, import_network, make_export, read_export
from digitrec.exchange.origins import Origin, Trial, list_ways, load_origin, save_origin
from digitrec.exchange.proofs import (
    Proof,
    ProofImages,
    Quantisation,
    choose_images,
    export_path,
    exports_folder,
    find_proof,
    keras_sha256,
    save_proof,
)
from digitrec.exchange.screening import ForeignFileError
from digitrec.exchange.snippets import LANGUAGES, write_snippet

__all__ = [
    "FORMATS",
    "LANGUAGES",
    "CNames",
    "ForeignFileError",
    "Format",
    "Origin",
    "Proof",
    "ProofImages",
    "Quantisation",
    "Trial",
    "choose_images",
    "describe_licence",
    "export_path",
    "exports_folder",
    "find_proof",
    "import_bundle",
    "import_network",
    "keras_sha256",
    "list_ways",
    "load_origin",
    "make_bundle",
    "make_export",
    "proofs",
    "read_bundle",
    "read_c_array",
    "read_export",
    "save_origin",
    "save_proof",
    "screening",
    "write_c_array",
    "write_snippet",
]
