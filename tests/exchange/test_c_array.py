"""The C source of a network: what a compiler makes of it, byte by byte."""

import shutil
import subprocess

import numpy as np
import pytest

from digitrec.exchange import CNames, Quantisation, read_c_array, write_c_array

SCALE = Quantisation(0.998, -127, 0.00390625, -128)
NAMES = ("0", 'quote " and \\', "ü?", "*/")
MODEL = np.random.default_rng(0).integers(0, 256, 1001, dtype=np.uint8).tobytes()
PRINT = """
#include <stdio.h>
#include "digits.h"
int main(void) {
  printf("%zu %.9g %d %.9g %d\\n", sizeof digitrec_model, DIGITREC_INPUT_SCALE, DIGITREC_INPUT_ZERO_POINT,
         DIGITREC_OUTPUT_SCALE, DIGITREC_OUTPUT_ZERO_POINT);
  for (unsigned i = 0; i < DIGITREC_MODEL_BYTES; i++) printf("%02x", digitrec_model[i]);
  for (int i = 0; i < DIGITREC_CLASSES; i++) printf("\\n%s", digitrec_class_names[i]);
  return (int)((unsigned long)digitrec_model % 16);
}
"""
HEADER = write_c_array(MODEL, CNames("mine", NAMES, "MIT */ int x; /*", SCALE))


def test_the_bytes_come_back():
    assert read_c_array(HEADER) == MODEL


def test_a_scale_without_decimals_is_a_float_in_c_too():
    header = write_c_array(
        MODEL, CNames("mine", NAMES, "MIT", SCALE._replace(input_scale=1.0, output_scale=2e-10))
    )
    found = dict(line.split()[1:3] for line in header.splitlines() if "_SCALE " in line)
    assert found == {"DIGITREC_INPUT_SCALE": "1.00000000f", "DIGITREC_OUTPUT_SCALE": "2.00000000e-10f"}


def test_the_header_has_its_licence_and_nobody_ends_its_comment():
    comment = HEADER[: HEADER.index("#ifndef")]
    assert "Licence: MIT * / int x; / *" in comment and comment.count("*/") == 1


@pytest.mark.parametrize(("compiler", "suffix"), [("gcc", "c"), ("g++", "cpp")])
def test_a_compiler_reads_the_same_bytes_numbers_and_names(compiler, suffix, tmp_path):
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not on this machine")
    (tmp_path / "digits.h").write_text(HEADER, encoding="utf-8")
    (tmp_path / f"main.{suffix}").write_text(PRINT)
    program = tmp_path / "main"
    subprocess.run([compiler, tmp_path / f"main.{suffix}", "-Wall", "-Werror", "-o", program], check=True)
    said = subprocess.run([program], capture_output=True, check=True).stdout.decode().split("\n")
    assert said[0] == "1001 0.998000026 -127 0.00390625 -128"
    assert bytes.fromhex(said[1]) == MODEL and tuple(said[2:]) == NAMES
