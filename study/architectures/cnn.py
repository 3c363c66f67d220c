"""Convolutional networks on CIFAR-10's images."""

from __future__ import annotations

from typing import Any

from . import Architecture, Condition, Group, Published, Search, Settings

BASELINE = {
    "filters": (32, 64, 128),
    "kernel_sizes": (3, 3, 3),
    "pooling": "max",
    "poolings": None,  # None: one for each block
    "pooled": "last",
    "dropout_after": "dense",
    "dropout_rate": "strong",
    "batch_normalization": False,
    "augmentation": False,
    "convolutions_per_block": 1,
    "stem": 0,
    "head": "dense",
    "training": "searched",
}

# Not both dropouts: with them the network with two convolutions learnt too slowly for its epochs.
DROPOUT = {"dropout_after": "blocks", "dropout_rate": "light"}
NORMALIZATION = DROPOUT | {"batch_normalization": True}
AUGMENTATION = NORMALIZATION | {"augmentation": True}
TWO_CONVOLUTIONS = AUGMENTATION | {"convolutions_per_block": 2}
GLOBAL_MAXIMUM = TWO_CONVOLUTIONS | {"head": "maximum"}
REFERENCE = GLOBAL_MAXIMUM | {
    "dropout_after": "nothing",
    "filters": (64, 128, 256),
    "stem": 32,
    "pooled": "first",
    "training": "reference",
}

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
    "poolings": Group(
        "Number of convolutions, three poolings each",
        {
            "2": {"filters": (32, 64), "kernel_sizes": (3, 3), "poolings": 3},
            "3": {},
            "4": {"filters": (32, 64, 128, 256), "kernel_sizes": (3, 3, 3, 3), "poolings": 3},
        },
        alone="{} convolutions with three poolings",
        control_of="convolutions",
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
            "reference": REFERENCE,
        },
        stepwise=True,
        words={
            "dropout": "lighter dropout after the blocks",
            "normalization": "batch normalization with a higher learning rate",
            "two-convolutions": "two convolutions a block",
            "global-maximum": "global maximum in place of the dense layer",
            "reference": "the reference network",
        },
        alone="all steps up to {}",
    ),
    "dropout": Group(
        "What the dropout step does",
        {"baseline": {}, "lighter": {"dropout_rate": "light"}, "moved": DROPOUT},
        stepwise=True,
        words={"lighter": "lighter dropout", "moved": "after the blocks"},
        control_of="beyond",
    ),
}


def build(settings: Settings, training: Settings, data: Any) -> list:
    """Standardized pixels, augmentation, [convolutions -> pooling] x n, Dense or the maximum of each map, Dense."""
    from keras import Input, layers

    standardize = layers.Normalization(name="standardize")
    standardize.adapt(data.x_train)
    stack = [Input(data.x_train.shape[1:]), standardize]
    if settings["augmentation"]:
        stack.append(layers.RandomFlip("horizontal", name="flip"))
        stack.append(layers.RandomTranslation(0.1, 0.1, fill_mode="constant", interpolation="nearest", name="shift"))
    if settings["stem"]:
        stack += _convolution(settings["stem"], 3, settings, "stem")
    poolings = settings["poolings"] or len(settings["filters"])
    for block, (filters, size) in enumerate(zip(settings["filters"], settings["kernel_sizes"], strict=True), 1):
        pool = [_pooling(settings, block)] if block <= poolings else []
        for number in range(settings["convolutions_per_block"]):
            early = pool if settings["pooled"] == "first" and number == 0 else []
            stack += _convolution(filters, size, settings, f"{block}{'abcd'[number]}", early)
        stack += pool if settings["pooled"] == "last" else []
        if settings["dropout_after"] == "blocks":
            stack.append(_dropout(settings, training, f"dropout_{block}"))
    stack += [_pooling(settings, number) for number in range(len(settings["filters"]) + 1, poolings + 1)]
    if settings["head"] == "maximum":
        stack.append(layers.GlobalMaxPooling2D(name="maximum"))
    else:
        stack.append(layers.Flatten(name="flatten"))
        stack.append(layers.Dense(training["dense_units"], activation="relu", name="dense"))
    if settings["dropout_after"] == "dense":
        stack.append(_dropout(settings, training, "dropout"))
    return [*stack, layers.Dense(len(data.classes), activation="softmax", name="classes")]


def _pooling(settings: Settings, number: int) -> Any:
    from keras import layers

    return {"max": layers.MaxPooling2D, "average": layers.AveragePooling2D}[settings["pooling"]](
        2, name=f"pool_{number}"
    )


def _dropout(settings: Settings, training: Settings, name: str) -> Any:
    from keras import layers

    return layers.Dropout(training["dropout"] / {"strong": 1, "light": 2}[settings["dropout_rate"]], name=name)


def _convolution(filters: int, size: int, settings: Settings, name: str, pool: list | None = None) -> list:
    """Conv2D(same) -> relu, or with the normalization between the two, which makes a bias superfluous.

    `pool` comes right behind the convolution: ReLU and normalization then have a quarter of the work.
    """
    from keras import layers

    from ..trainer import FusedBatchNormalization

    if not settings["batch_normalization"]:
        return [layers.Conv2D(filters, size, padding="same", activation="relu", name=f"conv_{name}"), *(pool or [])]
    return [
        layers.Conv2D(filters, size, padding="same", use_bias=False, name=f"conv_{name}"),
        *(pool or []),
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

# By hand on the validation data, seed 100; the trials in reports/tuning/cnn-reference.csv had fewer epochs.
REFERENCE_TRAINING = {
    "optimizer": "nesterov",
    "weight_decay": 5e-3,
    "label_smoothing": 0.1,
    "learning_rate": 0.05,
    "warm_up": 0.2,
    "batch_size": 64,
    "epochs": 14,
    "keep": "mean",
}
EPOCHS = ("baseline", "convolutions-2", "convolutions-4", "pooling-average")
CONDITIONS = {
    "epochs-2": Condition("twice the epochs", EPOCHS, {"epochs_factor": 2}, seeds=3),
    "epochs-4": Condition("four times the epochs", EPOCHS, {"epochs_factor": 4}, seeds=3),
    **{
        f"share-{each}": Condition(f"{each} % of the training images", ("baseline",), data={"share": each / 100})
        for each in (5, 10, 25, 50)
    },
}

ARCHITECTURE = Architecture(
    order=1,
    title="CNN",
    dataset="cifar10",
    margin=0.01,
    baseline=BASELINE,
    groups=GROUPS,
    build=build,
    training={
        "dense_units": 256,  # wider ones were a little better, and their files too large to be committed
        "dropout": 0.05,
        "batch_size": 64,
        "learning_rate": 1e-3,
        "normalized_learning_rate": 4.9e-3,
        "label_smoothing": 0.1,
        "epochs": 7,
        "keep": "mean",
    },
    trainings={"reference": REFERENCE_TRAINING},
    search=Search(
        space={  # wide around what cnn-fifth.csv found at three ends of its space
            "learning_rate": (4e-4, 3e-3),
            "normalized_learning_rate": (1.5e-3, 1.5e-2),
            "batch_size": [16, 32, 64, 128, 256],
            "dropout": [0.0125, 0.025, 0.05, 0.1, 0.2],
            "label_smoothing": [0.0, 0.05, 0.1, 0.15, 0.2],
        },
        tried_on=("baseline", "beyond-augmentation"),
        trials=6,
        rules_on=("baseline", "filters-64-128-256", "beyond-augmentation"),
    ),
    seeds=5,
    fewer_seeds={"beyond-reference": 3},
    fewer_epochs={"quick": 3},
    conditions=CONDITIONS,
    published=PUBLISHED,
)
