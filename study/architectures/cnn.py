"""Convolutional networks on CIFAR-10's images."""

from __future__ import annotations

from typing import Any

from . import Architecture, Group, Published, Search, Settings

BASELINE = {
    "filters": (32, 64, 128),
    "kernel_sizes": (3, 3, 3),
    "pooling": "max",
    "dropout_after": "dense",
    "batch_normalization": False,
    "augmentation": False,
    "convolutions_per_block": 1,
    "head": "dense",
    "epochs_factor": 1,
}

# Not both dropouts: with them the network with two convolutions learnt too slowly for its epochs.
DROPOUT = {"dropout_after": "blocks"}
NORMALIZATION = DROPOUT | {"batch_normalization": True}
AUGMENTATION = NORMALIZATION | {"augmentation": True}
TWO_CONVOLUTIONS = AUGMENTATION | {"convolutions_per_block": 2}
GLOBAL_MAXIMUM = TWO_CONVOLUTIONS | {"head": "maximum"}

GROUPS = {
    "convolutions": Group(
        "Number of convolutions",
        {
            "2": {"filters": (32, 64), "kernel_sizes": (3, 3)},
            "3": {},
            "4": {"filters": (32, 64, 128, 256), "kernel_sizes": (3, 3, 3, 3)},
        },
        alone="{} convolutions",
    ),
    "filters": Group(
        "Filters per convolution",
        {"16-32-64": {"filters": (16, 32, 64)}, "32-64-128": {}, "64-128-256": {"filters": (64, 128, 256)}},
        alone="{} filters",
    ),
    "kernel_sizes": Group(
        "Filter sizes",
        {"3-3-3": {}, "5-5-5": {"kernel_sizes": (5, 5, 5)}, "3-5-7": {"kernel_sizes": (3, 5, 7)}},
        alone="filter sizes {}",
    ),
    "pooling": Group(
        "Pooling",
        {"max": {}, "average": {"pooling": "average"}},
        alone="{} pooling",
    ),
    "beyond": Group(
        "Beyond the baseline",
        {
            "baseline": {},
            "dropout": DROPOUT,
            "normalization": NORMALIZATION,
            "augmentation": AUGMENTATION,
            "two-convolutions": TWO_CONVOLUTIONS,
            "global-maximum": GLOBAL_MAXIMUM,
            "longer": GLOBAL_MAXIMUM | {"epochs_factor": 3},
        },
        stepwise=True,
        words={
            "dropout": "lighter dropout after the blocks",
            "normalization": "batch normalization with a higher learning rate",
            "two-convolutions": "two convolutions a block",
            "global-maximum": "global maximum in place of the dense layer",
            "longer": "three times the epochs",
        },
        alone="all steps up to {}",
    ),
}


def build(settings: Settings, training: Settings, data: Any) -> list:
    """Standardized pixels, augmentation, [convolutions -> pooling] x n, Dense or the maximum of each map, Dense."""
    from keras import Input, layers

    pooling = {"max": layers.MaxPooling2D, "average": layers.AveragePooling2D}[settings["pooling"]]
    standardize = layers.Normalization(name="standardize")
    standardize.adapt(data.x_train)
    stack = [Input(data.x_train.shape[1:]), standardize]
    if settings["augmentation"]:
        stack.append(layers.RandomFlip("horizontal", name="flip"))
        stack.append(layers.RandomTranslation(0.1, 0.1, fill_mode="constant", interpolation="nearest", name="shift"))
    for block, (filters, size) in enumerate(zip(settings["filters"], settings["kernel_sizes"], strict=True), 1):
        for number in range(settings["convolutions_per_block"]):
            stack += _convolution(filters, size, settings["batch_normalization"], f"{block}{'abcd'[number]}")
        stack.append(pooling(2, name=f"pool_{block}"))
        if settings["dropout_after"] == "blocks":
            stack.append(layers.Dropout(training["block_dropout"], name=f"dropout_{block}"))
    if settings["head"] == "maximum":
        stack.append(layers.GlobalMaxPooling2D(name="maximum"))
    else:
        stack.append(layers.Flatten(name="flatten"))
        stack.append(layers.Dense(training["dense_units"], activation="relu", name="dense"))
    if settings["dropout_after"] == "dense":
        stack.append(layers.Dropout(training["dropout"], name="dropout"))
    return [*stack, layers.Dense(len(data.classes), activation="softmax", name="classes")]


def _convolution(filters: int, size: int, normalized: bool, name: str) -> list:
    """Conv2D(same) -> relu, or with the normalization between the two, which makes a bias superfluous."""
    from keras import layers

    from ..trainer import FusedBatchNormalization

    if not normalized:
        return [layers.Conv2D(filters, size, padding="same", activation="relu", name=f"conv_{name}")]
    return [
        layers.Conv2D(filters, size, padding="same", use_bias=False, name=f"conv_{name}"),
        FusedBatchNormalization(momentum=0.9, name=f"normalization_{name}"),
        layers.Activation("relu", name=f"relu_{name}"),
    ]


COPIED = "copied in the source, not comparable (repeats its filter-count row digit for digit)"
PUBLISHED = (
    Published("convolutions", "2", 0.6257),
    Published("convolutions", "3", 0.7398),
    Published("convolutions", "4", 0.7415),
    Published("filters", "16-32-64", 0.6966),
    Published("filters", "32-64-128", 0.7363),
    Published("filters", "64-128-256", 0.7431),
    Published("kernel_sizes", "3-3-3", 0.6966, COPIED),
    Published("kernel_sizes", "5-5-5", 0.7363, COPIED),
    Published("kernel_sizes", "3-5-7", 0.7431, COPIED),
    Published("pooling", "max", 0.7308),
    Published("pooling", "average", 0.7534),
)

ARCHITECTURE = Architecture(
    order=1,
    title="CNN",
    dataset="cifar10",
    margin=0.01,
    baseline=BASELINE,
    groups=GROUPS,
    build=build,
    training={
        "dense_units": 256,
        "dropout": 0.6,
        "block_dropout": 0.1,
        "batch_size": 32,
        "learning_rate": 6e-4,
        "normalized_learning_rate": 2e-3,
        "epochs": 7,
        "patience": 7,
    },
    search=Search(
        space={
            "learning_rate": (3e-4, 1.5e-3),
            "normalized_learning_rate": (1e-3, 4e-3),
            "batch_size": [32, 64],
            "dense_units": [128, 256, 512],
            "dropout": [0.5, 0.6, 0.7],
            "block_dropout": [0.1, 0.2],
        },
        tried_on=("baseline", "beyond-augmentation"),
        trials=4,
    ),
    seeds=3,
    fewer_epochs={"quick": 3},
    published=PUBLISHED,
)
