"""What moves with a knob beside what it is named for, counted in networks; and what a control holds fixed."""

from dataclasses import replace
from functools import cache

import pytest

from study import datasets, trainer
from study.architectures import ARCHITECTURES, variants
from study.runs import Run
from study.show import sizes
from study.show.sentences import say

EVERY_GROUP = True


@pytest.fixture(scope="module")
def networks(tmp_path_factory):
    """Untrained networks, saved: of each value of the CNN's convolutions and of the LSTM's cells."""
    import keras
    from keras import layers

    folder, found = tmp_path_factory.mktemp("networks"), {}
    stacks = {
        ("cnn", "convolutions"): lambda value: [
            keras.Input((16, 24, 3)),
            *(
                each
                for n in range(int(value))
                for each in (layers.Conv2D(4 + n, 3, padding="same"), layers.MaxPool2D())
            ),
            layers.Flatten(),
            layers.Dense(5),
            layers.Dense(2),
        ],
        ("lstm", "cells"): lambda value: [
            keras.Input((6, 3)),
            layers.LSTM(int(value.split("-")[0]) // 8),
            layers.Dense(2),
        ],
    }
    for (architecture, group), stack in stacks.items():
        named = {each.labels.get(group): each for each in variants(architecture)}
        found[group] = []
        for value in ARCHITECTURES[architecture].groups[group].changes:
            path = folder / f"{group}-{value}.keras"
            model = keras.Sequential(stack(value))
            model.save(path)
            found[group].append(Run(named[value], 0, path, {"params": model.count_params()}))
    return found


def test_sizes_of_convolutions(networks):
    table = sizes.table(networks["convolutions"], "convolutions")
    three = 3 * 9 * 4 + 4 + 4 * 9 * 5 + 5 + 5 * 9 * 6 + 6
    assert table.iloc[1].to_dict() == {
        "Number of convolutions": "3",
        "parameters": f"{three + 36 * 5 + 5 + 12:,}",
        "in convolutions": f"{three:,}",
        "in dense layers": f"{36 * 5 + 5 + 12:,}",
        "poolings": "3",
        "last feature map": "2x3x6",
        "numbers into the first dense layer": "36",
    }
    assert table["poolings"].tolist() == ["2", "3", "4"]


def test_what_does_not_change_is_left_out(networks):
    table = sizes.table(networks["cells"], "cells")
    assert list(table.columns) == [
        "Cells per layer", "parameters", "in recurrent layers", "in dense layers", "numbers into the first dense layer"
    ]  # fmt: skip
    units = [int(value.split("-")[0]) // 8 for value in ARCHITECTURES["lstm"].groups["cells"].changes]
    assert table["numbers into the first dense layer"].tolist() == [str(number) for number in units]
    same = [Run(each.variant, 0, networks["cells"][0].path, {"params": 5}) for each in networks["cells"]]
    assert list(sizes.table(same, "cells").columns) == ["Cells per layer", "parameters"]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A function: an architecture and groups -> untrained networks of all their values, as the study has them."""
    folder = tmp_path_factory.mktemp("built")

    @cache
    def build(architecture, *groups):
        family, found = ARCHITECTURES[architecture], []
        data = datasets.load(family.dataset, source="sample")
        for each in variants(architecture):
            if each.labels.keys() & set(groups):
                path = folder / f"{architecture}-{each.name}.keras"
                model = trainer.build(each, family.training_of(each.settings), data)
                model.save(path)
                found.append(Run(each, 0, path, {"params": model.count_params()}))
        return found

    return build


DENSE = "how many numbers the first dense layer reads"
MAP = "height and width of the last feature map"


def factor(runs, group):
    """How many parameters the largest network of a group has more than the smallest, in words."""
    numbers = [each.record["params"] for each in runs if group in each.variant.labels]
    times = max(numbers) / min(numbers)
    return f"{times:.1f} times as many" if times >= 1.5 else f"{100 * times - 100:.2g} % more"


def test_what_moves_with_a_knob_is_named(built):
    runs = built("lstm", "layers", "depth", "direction", "half_cells")
    for group in ("layers", "direction"):
        assert sizes.said(runs, group) == (
            f"What moves along: the number of parameters and {DENSE}. The largest of these networks has "
            f"{factor(runs, group)} parameters {'as' if 'times' in factor(runs, group) else 'than'} the smallest."
        )
    assert factor(runs, "layers") != factor(runs, "direction")
    for group, of, name in (("depth", "layers", "Number of layers"), ("half_cells", "direction", "Direction")):
        assert sizes.said(runs, group) == (
            f"Held fixed here, and not under *{name}*: {DENSE}. Still moving: the number of parameters. The largest of "
            f"these networks has {factor(runs, group)} parameters "
            f"{'as' if 'times' in factor(runs, group) else 'than'} the smallest, under *{name}* {factor(runs, of)}."
        )


@pytest.mark.parametrize(
    ("here", "there", "said"),
    [
        (1, 2.25, "has as many parameters as the smallest, under *Depth* 2.2 times as many."),
        (1.0048, 1, "has 0.48 % more parameters than the smallest, under *Depth* as many."),
        (1.2, 1.2, "has 20 % more parameters than the smallest, under *Depth* as well."),
        (3.5, 1.03, "has 3.5 times as many parameters as the smallest, under *Depth* 3 % more."),
    ],
)
def test_how_many_more_parameters_is_said_in_words(here, there, said):
    told = say("sizes.against", of="Depth", fixed=[], still=[], newly=[], factor=here, factor_there=there)
    assert told.endswith(f"The largest of these networks {said}")


def test_the_last_feature_map_is_the_one_that_is_handed_on(built):
    """That of a convolution where no pooling comes behind it."""
    runs = built("cnn", "convolutions", "poolings")
    table = sizes.table(runs, "poolings")
    assert table["last feature map"].tolist() == ["4x4x64", "4x4x128", "4x4x256"]
    assert table["numbers into the first dense layer"].tolist() == ["1,024", "2,048", "4,096"]
    said = sizes.said(runs, "poolings")
    assert f"Held fixed here, and not under *Number of convolutions*: the number of poolings and {MAP}. Still" in said
    assert f"Still moving: the number of parameters, channels of the last feature map and {DENSE}." in said


def test_where_nothing_moves_it_is_said_so(built):
    first, *_ = runs = built("cnn", "pooling")
    runs = [replace(each, path=first.path, record={"params": 5}) for each in runs]
    assert sizes.said(runs, "pooling") == (
        "Nothing that is counted here moves along: the number of parameters, the number of poolings, height, width and "
        f"channels of the last feature map and {DENSE} are the same."
    )
