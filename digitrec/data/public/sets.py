"""The public data sets that are converted: names, homes, licences, class names, sizes and checksums.

A checksum is here only if somebody published it. Where each is from:

- EMNIST, KMNIST, Fashion-MNIST: TensorFlow Datasets 4, `url_checksums/emnist.txt`, `kmnist.txt` and
  `fashion_mnist.txt` (https://github.com/tensorflow/datasets), SHA-256 with the sizes.
- QMNIST, USPS: torchvision, `datasets/mnist.py` and `datasets/usps.py` (https://github.com/pytorch/vision), MD5.
- Pen digits: UCI publishes none. This one is what ten public repositories state of its ZIP. One counts 9,433
  strokes in its training part, another 5,564 digits of one stroke: so has our stroke file (`pen_digits`).

Number of images: EMNIST: Cohen et al. 2017, https://arxiv.org/abs/1702.05373, table II; "letters" has grown to
145,600 images since (https://www.nist.gov/itl/products-and-services/emnist-dataset). USPS: its page at LIBSVM.
"""

from __future__ import annotations

import string

from digitrec.data.descriptions import DIGITS, NIST_DIGITS, NIST_LETTERS, PEN_DIGITS, Description, PublicFile

_EMNIST = PublicFile(
    "gzip.zip",
    (
        "https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip",
        "https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/gzip.zip",
    ),
    "sha256:fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e",
    561_753_746,
)
_UPPER = tuple(string.ascii_uppercase)
_MERGED = (*DIGITS, *_UPPER, *"abdefghnqrt")  # lower-case letters that look unlike their capitals
_KMNIST_HOME = "http://codh.rois.ac.jp/kmnist/dataset/kmnist/"
_FASHION_HOME = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
_QMNIST_HOME = "https://raw.githubusercontent.com/facebookresearch/qmnist/master/"
_USPS_HOME = "https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/multiclass/"


def _emnist(
    part: str, title: str, class_names: tuple[str, ...], counts: tuple[int, int], about: str
) -> Description:
    return Description(
        f"emnist-{part}",
        f"EMNIST {title}",
        class_names,
        source="Cohen, Afshar, Tapson and van Schaik 2017, EMNIST: an extension of MNIST to handwritten letters: "
        f"{about}",
        licence="not stated by its home, NIST",
        size=_EMNIST.size,
        home="https://www.nist.gov/itl/products-and-services/emnist-dataset",
        counts=counts,
        published=(_EMNIST,),
        form="emnist",
        shelf="emnist",
        collections=tuple(
            collection
            for collection, names in ((NIST_DIGITS, DIGITS), (NIST_LETTERS, _UPPER))
            if set(names) <= set(class_names)
        ),
        note="All six EMNIST data sets come in one file, which is downloaded once and kept for the others.",
    )


def _mnist_files(home: str, checksums: tuple[tuple[str, int], ...]) -> tuple[PublicFile, ...]:
    """The four files that have MNIST's names, in MNIST's order."""
    names = [
        f"{part}-{kind}.gz" for part in ("train", "t10k") for kind in ("images-idx3-ubyte", "labels-idx1-ubyte")
    ]
    return tuple(
        PublicFile(name, (home + name,), f"sha256:{sha256}", size)
        for name, (sha256, size) in zip(names, checksums, strict=True)
    )


_LIST = (
    _emnist(
        "balanced",
        "balanced",
        _MERGED,
        (112_800, 18_800),
        "digits and letters, equally many of each; letters that look like their capitals are one class with them",
    ),
    _emnist(
        "letters",
        "letters",
        _UPPER,
        (124_800, 20_800),
        "letters only; capital and small ones are one class",
    ),
    _emnist("digits", "digits", DIGITS, (240_000, 40_000), "digits only"),
    _emnist("mnist", "MNIST", DIGITS, (60_000, 10_000), "as many digits as MNIST has"),
    _emnist(
        "byclass",
        "by class",
        (*DIGITS, *_UPPER, *string.ascii_lowercase),
        (697_932, 116_323),
        "all digits, capitals and small letters, each a class of its own",
    ),
    _emnist(
        "bymerge",
        "by merge",
        _MERGED,
        (697_932, 116_323),
        "all digits and letters; letters that look like their capitals are one class with them",
    ),
    Description(
        "kmnist",
        "KMNIST",
        tuple("おきすつなはまやれを"),  # kmnist_classmap.csv at its home
        source="KMNIST Dataset, created by CODH, adapted from Kuzushiji Dataset (created by NIJL and others), "
        "doi:10.20676/00000341: old Japanese hiragana (Clanuwat et al. 2018, arXiv:1812.01718)",
        licence="CC BY-SA 4.0",
        size=21_240_888,
        home="https://github.com/rois-codh/kmnist",
        counts=(60_000, 10_000),
        published=_mnist_files(
            _KMNIST_HOME,
            (
                ("51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4", 18_165_135),
                ("e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17", 29_497),
                ("edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5", 3_041_136),
                ("20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c", 5_120),
            ),
        ),
    ),
    Description(
        "fashion-mnist",
        "Fashion-MNIST",
        (
            *("T-shirt or top", "Trouser", "Pullover", "Dress", "Coat"),
            *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
        ),
        source="Xiao, Rasul and Vollgraf 2017, Fashion-MNIST (arXiv:1708.07747): pictures of clothes, not "
        "handwriting",
        licence="MIT",
        size=30_878_645,
        home="https://github.com/zalandoresearch/fashion-mnist",
        counts=(60_000, 10_000),
        published=_mnist_files(
            _FASHION_HOME,
            (
                ("3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84", 26_421_880),
                ("a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845", 29_515),
                ("346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073", 4_422_102),
                ("67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5", 5_148),
            ),
        ),
    ),
    Description(
        "qmnist",
        "QMNIST",
        DIGITS,
        source="Yadav and Bottou 2019, Cold Case: The Lost MNIST Digits (arXiv:1905.10498): MNIST made again from "
        "NIST Special Database 19, with all 60,000 test images and with the writers",
        licence="BSD 3-clause",
        home="https://github.com/facebookresearch/qmnist",
        counts=(60_000, 60_000),
        published=tuple(
            PublicFile(name, (_QMNIST_HOME + name,), f"md5:{md5}")
            for name, md5 in (
                ("qmnist-train-images-idx3-ubyte.gz", "ed72d4157d28c017586c42bc6afe6370"),
                ("qmnist-train-labels-idx2-int.gz", "0058f8dd561b90ffdd0f734c6a30e5e4"),
                ("qmnist-test-images-idx3-ubyte.gz", "1394631089c404de565df7b7aeaf9412"),
                ("qmnist-test-labels-idx2-int.gz", "5b5b05890a5e13444e108efe57b788aa"),
            )
        ),
        form="qmnist",
        collections=(NIST_DIGITS,),
    ),
    Description(
        "usps",
        "USPS",
        DIGITS,
        source="Hull 1994, A database for handwritten text recognition research: digits of 16 x 16 pixels from "
        "postal codes, as LIBSVM offers them, enlarged",
        licence="not stated by its home, LIBSVM",
        home="https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/multiclass.html#usps",
        counts=(7_291, 2_007),
        published=(
            PublicFile("usps.bz2", (f"{_USPS_HOME}usps.bz2",), "md5:ec16c51db3855ca6c91edd34d0e9b197"),
            PublicFile("usps.t.bz2", (f"{_USPS_HOME}usps.t.bz2",), "md5:8ea070ee2aca1ac39742fdd1ef5ed118"),
        ),
        form="libsvm",
    ),
    Description(
        "pendigits",
        "Pen digits",
        DIGITS,
        source="Alpaydin and Alimoglu 1998, Pen-Based Recognition of Handwritten Digits, UCI Machine Learning "
        "Repository: digits that 44 people drew with a pen, each drawn once; 14 of them drew the test images",
        licence="CC BY 4.0",
        home="https://archive.ics.uci.edu/dataset/81/pen+based+recognition+of+handwritten+digits",
        counts=(7_494, 3_498),
        published=(
            PublicFile(
                "pendigits.zip",
                ("https://archive.ics.uci.edu/static/public/81/pen+based+recognition+of+handwritten+digits.zip",),
                "sha256:1e02bea023613c2b11c9492f6f34caf975420455934f3527d270cee9a1f03b64",
                1_668_118,
            ),
        ),
        size=1_668_118,
        form="unipen",
        shelf="pendigits",  # the file is kept: `mnist+pen` is drawn from its strokes
        collections=(PEN_DIGITS,),
    ),
)
PUBLIC_SETS: dict[str, Description] = {description.name: description for description in _LIST}
