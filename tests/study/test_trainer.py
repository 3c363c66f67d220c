"""What the study adds to Keras' layers, what it builds of them, and how it trains that."""

import json
import re
from dataclasses import replace
from itertools import combinations

import joblib
import keras
import numpy as np
import pytest
import tensorflow as tf

from study import trainer
from study.architectures import ARCHITECTURES, Variant, under, variants
from study.datasets import Dataset
from study.runs import Job
from study.statistics import macro_f1
from study.trainer import FusedBatchNormalization, build


def random_layers(rng):
    """The fused layer and Keras' own with the same random weights, and images with a mean far from zero."""
    x = rng.normal(2, 3, (6, 5, 4, 7)).astype(np.float32)
    weights = [rng.uniform(0.5, 2, 7).astype(np.float32) for _ in range(4)]
    found = FusedBatchNormalization(momentum=0.8), keras.layers.BatchNormalization(momentum=0.8)
    for layer in found:
        layer.build(x.shape)
        layer.set_weights(weights)
    return x, *found


def test_the_fused_normalization_is_keras_own():
    x, fused, own = random_layers(np.random.default_rng(0))
    before = own.get_weights()
    np.testing.assert_allclose(fused(x, training=True), own(x, training=True), atol=1e-5)
    n = x[..., 0].size
    gamma, beta, mean, variance = fused.get_weights()
    np.testing.assert_array_equal((gamma, beta), own.get_weights()[:2])
    np.testing.assert_allclose(mean, own.get_weights()[2], rtol=1e-5)
    assert np.abs(mean - before[2]).min() > 1e-3
    # the batch's part of the moving variance counts with n - 1
    batch = own.get_weights()[3] - 0.8 * before[3]
    np.testing.assert_allclose(variance - 0.8 * before[3], batch * n / (n - 1), rtol=1e-4)
    own.set_weights(fused.get_weights())
    np.testing.assert_array_equal(fused(x, training=False), own(x, training=False))


def test_its_plain_layer_has_the_same_weights():
    x, fused, _ = random_layers(np.random.default_rng(1))
    model = keras.Sequential([keras.Input(x.shape[1:]), fused])
    plain = fused.plain()
    assert type(plain) is keras.layers.BatchNormalization
    assert plain.get_config() == fused.get_config()
    np.testing.assert_array_equal(plain(x, training=False), model(x, training=False))


def images():
    """Five classes of small images; no split has another's mean or variance."""
    rng = np.random.default_rng(2)
    x = [
        rng.normal(mean, spread, (n, 16, 16, 3)).astype(np.float32)
        for n, mean, spread in ((11, 1, 2), (7, 4, 1), (6, 9, 3))
    ]
    y = [np.arange(len(each)) % 5 for each in x]
    return Dataset("cifar10", "made up", tuple("abcde"), x[0], y[0], x[1], y[1], x[2], y[2], "11")


def texts():
    """Three splits with some words in common and some of their own."""
    x = [np.array(each, dtype=object) for each in (["satu dua", "dua tiga", "dua"], ["satu empat", "empat"], ["lima"])]
    y = [np.arange(len(each)) % 3 for each in x]
    return Dataset("nusax", "made up", tuple("abc"), x[0], y[0], x[1], y[1], x[2], y[2], "11")


# Settings that the reference alone changes, together with others.
ONLY_WITH_OTHERS = {"cnn": {"stem", "pooled", "training"}}
DATA = {name: images() if family.dataset == "cifar10" else texts() for name, family in ARCHITECTURES.items()}
TEXTS = [name for name, family in ARCHITECTURES.items() if family.dataset == "nusax"]


def built(architecture, name="baseline", **training):
    variant = next(each for each in variants(architecture) if each.name == name)
    return build(variant, ARCHITECTURES[architecture].training_of(variant.settings) | training, DATA[architecture])


def description(model):
    """All that a model is, but for the names."""
    layers = [(type(each).__name__, each.get_config()) for each in model.layers]
    return json.dumps([(kind, {**config, "name": ""}) for kind, config in layers], sort_keys=True, default=str)


def test_standardize_knows_the_training_images_alone():
    layer, x = built("cnn").get_layer("standardize"), DATA["cnn"].x_train
    np.testing.assert_allclose(np.ravel(layer.mean), x.mean((0, 1, 2)), rtol=1e-5)
    np.testing.assert_allclose(np.ravel(layer.variance), x.var((0, 1, 2)), rtol=1e-5)


@pytest.mark.parametrize("architecture", TEXTS)
def test_the_vocabulary_knows_the_training_texts_alone(architecture):
    model = built(architecture)
    assert model.get_layer("words").get_vocabulary() == ["", "[UNK]", "dua", "tiga", "satu"]
    assert model.get_layer("embedding").input_dim == 5


@pytest.mark.filterwarnings("ignore:.*destroy the mask")
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_setting_that_a_variant_changes_changes_the_network(architecture):
    found, alone = variants(architecture), set()
    models = {each.name: description(built(architecture, each.name)) for each in found}
    for one, other in combinations(found, 2):
        changed = {key for key in one.settings if one.settings[key] != other.settings[key]}
        alone |= changed if len(changed) == 1 else set()
        if changed == {"training"}:
            assert Job(one, 0, "full").training != Job(other, 0, "full").training
        else:
            assert models[one.name] != models[other.name], f"{one.name} and {other.name} are one network"
    assert alone | ONLY_WITH_OTHERS.get(architecture, set()) == {
        key for each in found for key in each.settings if each.settings[key] != found[0].settings[key]
    }


@pytest.mark.parametrize("key", sorted(ONLY_WITH_OTHERS["cnn"] - {"training"}))
def test_each_setting_of_the_reference_changes_it(key):
    reference = next(each for each in variants("cnn") if each.name == "beyond-reference")
    training = ARCHITECTURES["cnn"].training_of(reference.settings)
    without = replace(reference, settings=reference.settings | {key: variants("cnn")[0].settings[key]})
    ours, theirs = (description(build(each, training, DATA["cnn"])) for each in (reference, without))
    assert ours != theirs


@pytest.mark.parametrize(
    ("architecture", "name", "key", "value"),
    [
        ("cnn", "baseline", "dense_units", 17),
        ("cnn", "baseline", "dropout", 0.37),
        ("cnn", "beyond-dropout", "dropout", 0.37),
        *(
            (architecture, "baseline", key, value)
            for architecture in TEXTS
            for key, value in {
                "max_tokens": 4,
                "sequence_length": 7,
                "embedding_units": 5,
                "word_dropout": 0.37,
                "input_dropout": 0.37,
                "dropout": 0.37,
            }.items()
        ),
    ],
)
def test_what_is_searched_changes_the_network(architecture, name, key, value):
    assert description(built(architecture, name, **{key: value})) != description(built(architecture, name))


@pytest.mark.parametrize("architecture", TEXTS)
def test_only_the_first_recurrent_layer_has_the_input_dropout(architecture):
    model = built(architecture, "layers-3", input_dropout=0.37)
    assert [each.dropout for each in model.layers if isinstance(each, keras.layers.RNN)] == [0.37, 0, 0]


def test_the_first_cnn():
    model = built("cnn", dense_units=17, dropout=0.37)
    blocks = [name for number in (1, 2, 3) for name in (f"conv_{number}a", f"pool_{number}")]
    assert [each.name for each in model.layers] == [*("standardize", *blocks, "flatten", "dense", "dropout", "classes")]
    assert [model.get_layer(f"conv_{number}a").filters for number in (1, 2, 3)] == [32, 64, 128]
    assert isinstance(model.get_layer("pool_2"), keras.layers.MaxPooling2D)
    assert isinstance(built("cnn", "pooling-average").get_layer("pool_2"), keras.layers.AveragePooling2D)
    assert (model.get_layer("dense").units, model.get_layer("dropout").rate) == (17, 0.37)
    predicted = model.predict(DATA["cnn"].x_test, verbose=0)
    assert predicted.shape == (6, 5)
    np.testing.assert_allclose(predicted.sum(axis=1), 1, rtol=1e-5)


def test_the_last_cnn():
    model = built("cnn", "beyond-global-maximum", dropout=0.74)
    inside = ("conv", "normalization", "relu")
    blocks = [
        [*(f"{kind}_{number}{part}" for part in "ab" for kind in inside), f"pool_{number}", f"dropout_{number}"]
        for number in (1, 2, 3)
    ]
    assert [each.name for each in model.layers] == [
        "standardize",
        "flip",
        "shift",
        *(name for block in blocks for name in block),
        "maximum",
        "classes",
    ]
    assert [model.get_layer(f"dropout_{number}").rate for number in (1, 2, 3)] == [0.37] * 3
    assert not model.get_layer("conv_2b").use_bias
    assert isinstance(model.get_layer("normalization_2b"), FusedBatchNormalization)


def names_of(**settings):
    """The layers of a CNN with these settings, but for the first and the last."""
    variant = Variant("cnn", "made-up", variants("cnn")[0].settings | settings)
    model = build(variant, ARCHITECTURES["cnn"].training | {"dropout": 0.37}, DATA["cnn"])
    return [each.name for each in model.layers][1:-1], model


def test_pooled_right_behind_the_first_convolution_after_a_stem():
    rich = {"stem": 5, "pooled": "first", "batch_normalization": True, "convolutions_per_block": 2, "head": "maximum"}
    names, model = names_of(filters=(7, 9), kernel_sizes=(3, 5), dropout_after="nothing", **rich)
    blocks = [
        name
        for number in "12"
        for name in (
            *(f"conv_{number}a", f"pool_{number}", f"normalization_{number}a", f"relu_{number}a"),
            *(f"conv_{number}b", f"normalization_{number}b", f"relu_{number}b"),
        )
    ]
    assert names == ["conv_stem", "normalization_stem", "relu_stem", *blocks, "maximum"]
    assert [model.get_layer(f"conv_{name}").filters for name in ("stem", "1a", "2b")] == [5, 7, 9]
    plain, _ = names_of(filters=(7,), kernel_sizes=(3,), dropout_after="nothing", pooled="first", head="maximum")
    assert plain == ["conv_1a", "pool_1", "maximum"]


@pytest.mark.parametrize("blocks", [2, 3, 4])
def test_a_number_of_poolings_does_not_depend_on_that_of_the_convolutions(blocks):
    """The ones too many come last, the ones too few are left out at the end."""
    names, _ = names_of(filters=(5,) * blocks, kernel_sizes=(3,) * blocks, poolings=3)
    found = [name for name in names if name.startswith(("conv", "pool"))]
    expected = [name for n in range(1, blocks + 1) for name in (f"conv_{n}a", *([f"pool_{n}"] if n <= 3 else []))]
    assert found == [*expected, *(["pool_3"] if blocks == 2 else [])]


@pytest.mark.parametrize(("dropout", "rate"), [("strong", 0.37), ("light", 0.185)])
def test_the_dropout_after_the_dense_layer_has_either_rate(dropout, rate):
    assert names_of(dropout_rate=dropout)[1].get_layer("dropout").rate == rate


def test_only_batch_normalization_bears_the_larger_learning_rate():
    """If there is one."""
    rates = {"learning_rate": 1, "normalized_learning_rate": 2}
    for architecture in ARCHITECTURES:
        for each in variants(architecture):
            assert trainer._learning_rate(each, rates) == 1 + each.settings.get("batch_normalization", False)
            assert trainer._learning_rate(each, {"learning_rate": 3}) == 3


@pytest.mark.filterwarnings("ignore:.*destroy the mask")
def test_a_network_under_a_condition_has_a_name_that_tensorflow_takes():
    for architecture in ARCHITECTURES:
        for condition in ARCHITECTURES[architecture].conditions:
            each = under(architecture, condition)[0]
            name = build(each, ARCHITECTURES[architecture].training, DATA[architecture]).name
            assert re.fullmatch(r"[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*", name)  # of a root scope


def learnable():
    """A colour for each class, which a network learns at once; a quarter of the validation labels are wrong."""
    rng, y_train, y_val = np.random.default_rng(3), np.arange(96) % 3, np.arange(40) % 3
    x_train, x_val = (rng.normal(np.eye(3)[y][:, None, None], 1, (len(y), 4, 4, 3)) for y in (y_train, y_val))
    told = np.where(np.arange(40) < 10, (y_val + 1) % 3, y_val)
    return Dataset("cifar10", "", ("a", "b", "c"), x_train, y_train, x_val, told, x_val[:0], y_val[:0], "11")


def train_once(seed):
    """In a worker: the record of a training, the predictions for both splits, TensorFlow's two thread counts."""
    data, small = (
        learnable(),
        {"dense_units": 5, "batch_size": 8, "learning_rate": 0.01, "keep": "best", "label_smoothing": 0},
    )
    settings = {"filters": (7,), "kernel_sizes": (3,), "dropout_after": "nothing"}
    variant = Variant("cnn", "small", variants("cnn")[0].settings | settings)
    model, record = trainer.train(variant, ARCHITECTURES["cnn"].training | small, 6, seed, data)
    predicted = [model.predict(x, verbose=0) for x in (data.x_train, data.x_val)]
    threads = tf.config.threading
    return record, predicted, (threads.get_intra_op_parallelism_threads(), threads.get_inter_op_parallelism_threads())


@pytest.fixture(scope="module")
def trained():
    """Three trainings in two processes, with the seeds 0, 0 and 1."""
    return joblib.Parallel(n_jobs=2)(joblib.delayed(train_once)(seed) for seed in (0, 0, 1))


def test_training_takes_one_thread_and_its_seed(trained):
    assert [threads for *_, threads in trained] == [(1, 1)] * 3
    first, again, other = (predicted for _, predicted, _ in trained)
    np.testing.assert_array_equal(first[0], again[0])
    assert trained[0][0]["history"] == trained[1][0]["history"]
    assert np.abs(first[0] - other[0]).max() > 1e-4


def test_the_record_tells_training_from_validation(trained):
    record, predicted, _ = trained[0]
    data = learnable()
    loss, val_loss = (
        -np.log(p[np.arange(len(y)), y]).mean() for p, y in zip(predicted, (data.y_train, data.y_val), strict=True)
    )
    train_f1, val_f1 = (
        macro_f1(y, p.argmax(axis=1), 3) for p, y in zip(predicted, (data.y_train, data.y_val), strict=True)
    )
    assert (train_f1, val_f1) == (record["metrics"]["train_f1"], record["metrics"]["val_f1"])
    assert train_f1 > val_f1 + 0.1
    history, best = record["history"], record["best_epoch"] - 1
    assert best == np.argmin(history["val_loss"])
    assert record["epochs"] == len(history["loss"])
    np.testing.assert_allclose([history["val_loss"][best], record["metrics"]["val_loss"]], val_loss, rtol=1e-4)
    # the training loss is a running mean over the epoch: nearer to what the weights at its end give than the other is
    assert abs(history["loss"][best] - loss) < abs(history["loss"][best] - val_loss)
