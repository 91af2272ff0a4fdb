"""An int8 network as C source: its bytes, and the numbers that a program needs around it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from digitrec.exchange.proofs import Quantisation

_BYTES_A_LINE = 16
_BYTES = re.compile(r"0x[0-9a-f]{2}")


class CNames(NamedTuple):
    """What the header says of a network beside its bytes."""

    run: str
    class_names: Sequence[str]
    licence: str
    quantisation: Quantisation


def write_c_array(model: bytes, about: CNames) -> str:
    """A header file, C and C++, with an int8 network in LiteRT's format.

    Args:
        model: the bytes of the .tflite file.
        about: the network's name, classes, licence and quantisation.
    """
    scale = about.quantisation
    names = ", ".join(f'"{_escape(name)}"' for name in about.class_names)
    lines = [", ".join(f"0x{byte:02x}" for byte in model[i : i + _BYTES_A_LINE]) for i in range(0, len(model), 16)]
    body = ",\n  ".join(lines)
    return f"""\
/* The network of the run {_comment(about.run)!r}, made with digitrec.
 * Licence: {_comment(about.licence)}
 *
 * An int8 LiteRT (TensorFlow Lite) network for microcontrollers.
 * Input: int8 [1][28][28], quantised grey levels: 0 is paper and 255 is ink before the quantisation.
 * Output: int8 [1][DIGITREC_CLASSES], quantised probabilities.
 *   integer = round(value / scale) + zero point;  value = (integer - zero point) * scale
 */
#ifndef DIGITREC_MODEL_H
#define DIGITREC_MODEL_H

#define DIGITREC_SIDE 28
#define DIGITREC_CLASSES {len(about.class_names)}
#define DIGITREC_INPUT_SCALE {scale.input_scale:#.9g}f
#define DIGITREC_INPUT_ZERO_POINT ({scale.input_zero_point})
#define DIGITREC_OUTPUT_SCALE {scale.output_scale:#.9g}f
#define DIGITREC_OUTPUT_ZERO_POINT ({scale.output_zero_point})
#define DIGITREC_MODEL_BYTES {len(model)}u

static const char *const digitrec_class_names[DIGITREC_CLASSES] = {{{names}}};

#ifdef __cplusplus
alignas(16)
#else
_Alignas(16)
#endif
static const unsigned char digitrec_model[DIGITREC_MODEL_BYTES] = {{
  {body}
}};

#endif /* DIGITREC_MODEL_H */
"""


def read_c_array(text: str) -> bytes:
    """The bytes of the network in such a header."""
    return bytes(int(byte, 16) for byte in _BYTES.findall(text.partition("digitrec_model[")[2]))


def _escape(text: str) -> str:
    """In a C string: what is not ASCII as octal digits of its UTF-8, which take no letter after them along."""
    return "".join(
        chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\?' else f"\\{byte:03o}" for byte in text.encode()
    )


def _comment(text: str) -> str:
    """On one line of a comment, which it does not end."""
    return re.sub(r"\s+", " ", text.replace("*/", "* /").replace("/*", "/ *").replace("??/", "? ? /"))
