"""What each setting of a training does, and when to change it: the help beside its widget."""

from __future__ import annotations

HELP = {
    "dataset": "The images that the network learns from.",
    "validation_share": (
        "Share of the training images that is held out. The page measures the network on them after each "
        "epoch. 0.1 is usual; without any, nobody knows how good the network is."
    ),
    "corrections": (
        "The decisions that you made on Explore, under *Odd images*. Relabelled training images have their new "
        "label, and images that you left out are not learnt. The validation images are corrected in the same way. "
        "Test images stay as they are."
    ),
    "network": (
        "The layers of the network; they are listed on this page. Larger ones are more accurate and slower. "
        "Choose *own network* to build one."
    ),
    "layers": "The parts of your own network, one by one. The picture of the network follows each change.",
    "dropout": (
        "Share of the units that are switched off at random in each step. It helps against overfitting: "
        "try 0.25 if the validation accuracy stays far below the training accuracy. 0 is off."
    ),
    "start_from": (
        "Continue from the weights of trained runs with the same network, instead of random ones. Several "
        "runs are averaged: they must have started from the same weights. Of a run's epochs, the last and the "
        "best are kept. A run with other classes fits, too: the last layer is then a new one."
    ),
    "trained_layers": (
        "Fine-tuning: only so many of the last layers learn, the others stay as in *Start from*. It is faster "
        "and needs fewer images. 1 is the last layer alone, 0 is all. A block with a residual link is one layer."
    ),
    "epochs": (
        "How often the network sees all training images. Time grows with it. Add epochs while the "
        "validation accuracy still rises at the end."
    ),
    "batch_size": (
        "Images per step. Larger batches are faster per image, but the network learns less per epoch. 128 "
        "is usual."
    ),
    "learning_rate": (
        "The size of a step. Too high: the loss jumps or becomes nan. Too low: it hardly falls. 0.001 is "
        "usual for the optimiser Adam; a schedule reaches it as its peak."
    ),
    "schedule": "How the learning rate changes during the training. The curve below shows it.",
    "warmup": (
        "The learning rate rises from zero over this share of the training. It helps where the first steps are "
        "too large. One-cycle has a rise of its own."
    ),
    "rotation": (
        "Each image is rotated by up to this many degrees, to the left or right. Up to 15 suits digits: a "
        "6 must not become a 9."
    ),
    "shift": "Each image is moved by up to this share of its width. It helps with digits that are not centred.",
    "zoom": "Each image is enlarged or shrunk by up to this share. It helps with large and small writing.",
    "shear": "Each image is slanted by up to this many degrees. It helps with slanted writing.",
    "elastic": (
        "Each image is distorted locally, by about this many pixels, as no two hands write alike. 0.5 is "
        "mild; it slows the training down."
    ),
    "flip": (
        "Share of the images that are mirrored left to right. Leave it at 0 for digits and letters: a "
        "mirrored 2 is no 2."
    ),
    "thickness": (
        "Strokes become thicker or thinner by up to this many pixels, in some images. It helps with other pens."
    ),
    "lines": (
        "Half of this share of the images gets straight lines through it, of ink or of paper. It helps with "
        "ruled paper and scratches."
    ),
    "erasing": "Half of this share of the images gets a grey rectangle on it. It helps with stains and holes.",
    "blur": "Some images are blurred by up to this many pixels. It helps with photos that are out of focus.",
    "contrast": ("Some images lose up to this share of their contrast. It helps with grey paper and faint pens."),
    "shadow": "Some images get a shadow from one side, of up to this strength. It helps with photos.",
    "noise": (
        "Some images get noise, of up to this share of the range from paper to ink. It helps with photos in "
        "poor light."
    ),
    "adversarial": (
        "Each pixel is moved against the network by up to this share of the range from paper to ink. Small "
        "changes fool the network less. 0.1 is usual; the training takes about 2.5 times as long."
    ),
    "beta_1": "How much of the last direction the optimiser Adam keeps in each step. 0.9 is usual.",
    "beta_2": (
        "How slowly Adam's step size follows the size of the gradients. 0.999 is usual; 0.99 suits trainings of "
        "a few hundred steps."
    ),
    "patience": (
        "Stop after this many epochs without a lower validation loss; the best weights are used. 0 is "
        "off: all epochs are trained."
    ),
    "label_smoothing": (
        "Share of each label that is spread over all classes. It makes the network less overconfident, "
        "and helps where some labels are wrong. 0 is off."
    ),
    "teachers": (
        "Trained runs whose averaged answers the network learns beside the labels. A small network "
        "becomes more accurate with a large teacher. A teacher that was trained on MNIST alone does not "
        "teach the drawings of `mnist+pen`."
    ),
    "teacher_share": "How much the teachers' answers count; the labels count for the rest.",
    "seed": (
        "Start of all random numbers. The same seed and settings give nearly the same network; another "
        "seed shows how much is luck."
    ),
}

# Of an own network's parts; the fields of `own_network`'s parts, and what is not one.
LAYER_HELP = {
    "copy of": "Take the layers of a named network, and change them. What you have built is lost.",
    "crop": "Leaves out so many pixels at each side: MNIST's digits have paper there. It saves time.",
    "standardize": "Gives each image the mean 0 and the deviation 1, so that grey paper makes no difference.",
    "filters": "How many patterns the layer looks for: so many maps come out. More learn more, and cost more.",
    "kernel": "The size of each filter in pixels. 3 × 3 is usual; the first layer may have 5 × 5.",
    "times": "So many convolutions of this size follow each other. Two are usual with a residual link.",
    "shrink": (
        "How the maps become smaller: pooling takes the maximum or the mean of each square, a stride moves the "
        "filters by so many pixels. The layers after it see more of the image, and cost less."
    ),
    "padding": (
        "With *same* the filters also stand over the border, where the image counts as 0, and the maps keep their "
        "size. With *valid* the maps lose a margin."
    ),
    "norm": (
        "Batch normalisation brings the values of each map to one scale while the network trains. It learns "
        "faster and bears a higher learning rate."
    ),
    "activation": (
        "The function after the layer. Without one, which is *linear*, layers in a row are no more than one. "
        "*relu* is usual."
    ),
    "residual": (
        "Adds what comes into the block to what it makes. Deep networks learn better so. Where the shapes differ, "
        "a convolution of 1 × 1 fits them."
    ),
    "dropout": "Switches off units at random after this layer, at the rate of the setting Dropout; 0 is off.",
    "end": "How the maps become one row of values. A mean or maximum of each map makes a far smaller network.",
    "dense count": "Layers in which each unit sees all values. None is usual after a mean or maximum of each map.",
    "units": "How many values the layer makes.",
}
