"""Trained networks that leave the program and come into it: formats, proofs, snippets, bundles."""

from digitrec.exchange import proofs
from digitrec.exchange.c_array import CNames, read_c_array, write_c_array
from digitrec.exchange.formats import FORMATS, Format
from digitrec.exchange.making import make_export, read_export
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
from digitrec.exchange.snippets import LANGUAGES, write_snippet

__all__ = [
    "FORMATS",
    "LANGUAGES",
    "CNames",
    "Format",
    "Proof",
    "ProofImages",
    "Quantisation",
    "choose_images",
    "export_path",
    "exports_folder",
    "find_proof",
    "keras_sha256",
    "make_export",
    "proofs",
    "read_c_array",
    "read_export",
    "save_proof",
    "write_c_array",
    "write_snippet",
]
