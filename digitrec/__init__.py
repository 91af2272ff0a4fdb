"""digitrec reads handwritten digits, shows why it read them so, and trains the networks that do it.

The words, one contract obeyed everywhere:

image    uint8 (28, 28), 0 = paper, 255 = ink; `images` is uint8 (n, 28, 28). The same from disk, canvas,
         photo and upload up to the network's own first layer, which scales to [0, 1] and adds the channel
         axis. Nobody else divides by 255, inverts, or adds an axis.
label    int64 (n,), an index into the data set's `class_names`.
proba    float32 (n, c), rows sum to 1; c = len(class_names). Nothing assumes c = 10.
ink      uint8 (height, width) of any size, 0 = paper, 255 = ink: a drawing or a cleaned photo.
gray     uint8 (height, width), a photo as it came, 0 = black.
dataset  named train and test splits plus class_names; validation is a seeded, stratified part of train.
run      one training: a folder under models/.
job      a run that is in work or waiting: a worker process.
"""
