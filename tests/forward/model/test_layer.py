"""What a layer class must say of itself, and what happens if it does not."""

import numpy as np
import pytest

import forward
from forward.activations import Array
from forward.dense import dense
from forward.model import registry
from forward.model.dense import Dense
from forward.model.layer import Layer, unread
from forward.model.normalization import BatchNormalization
from forward.model.recurrent import LSTM
from forward.model.settings import count, flag, number


def test_a_setting_that_does_not_reach_the_computation_is_a_mistake_in_the_class():
    with pytest.raises(TypeError, match="Misspelt: the setting 'eps' does not reach its computation"):

        class Misspelt(BatchNormalization):
            settings = {"axis": number, "eps": number}

    with pytest.raises(TypeError, match="Forgetful: the setting 'reset_after' does not reach its computation"):

        class Forgetful(LSTM):
            settings = LSTM.settings | {"reset_after": flag}

    with pytest.raises(TypeError, match="OfShapeAlone: the setting 'units' does not reach its computation"):

        class OfShapeAlone(Layer):
            """What shape a weight has is no use of a setting, unless the class says so."""

            settings = {"units": count}

            def weight_shapes(self, x):
                return {"kernel": (x.shape[-1], self.units)}

            def call(self, x: Array) -> Array:
                return dense(x, self.kernel)

    with pytest.raises(TypeError, match="Overwritten: the setting 'activation' does not reach its computation"):

        class Overwritten(Dense):
            def call(self, x: Array) -> Array:
                return dense(x, self.kernel, self.bias)

    with pytest.raises(TypeError, match="OfFunctions: the setting 'dense' does not reach its computation"):

        class OfFunctions(Layer):
            """A function of that name is not the setting."""

            settings = {"dense": count}

            def call(self, x: Array) -> Array:
                return dense(x, x[0])

    with pytest.raises(TypeError, match="OfBuiltins: the setting 'max' does not reach its computation"):

        class OfBuiltins(Layer):
            settings = {"max": count}

            def call(self, x: Array) -> Array:
                return max(x)

    with pytest.raises(TypeError, match="OfRefusals: the setting 'units' does not reach its computation"):

        class OfRefusals(Layer):
            settings = {"units": count}

            def check_input(self, x: Array) -> None:
                assert x.shape[-1] == self.units

            def call(self, x: Array) -> Array:
                return x


def test_a_setting_may_have_the_name_of_a_function():
    class OfBoth(Layer):
        settings = {"dense": count, "flag": flag, "number": number}

        def call(self, x: Array) -> Array:
            return dense(x, self.dense * np.stack([each * self.number for each in x])) + self.flag(x)


def test_a_size_that_no_weight_has_is_a_mistake_in_the_class():
    with pytest.raises(TypeError, match="Bare: the setting 'units' does not reach its computation"):

        class Bare(Layer):
            sizes = {"units": count}

            def call(self, x: Array) -> Array:
                return x


def test_a_weight_that_does_not_reach_the_computation_is_a_mistake_in_the_class(monkeypatch, sound):
    class Misnamed(Dense):
        def weight_shapes(self, x):
            bias = (self.units,) if self.use_bias else None
            return {"kernel": (x.shape[-1], self.units), "offset": bias}

    monkeypatch.setitem(registry.LAYERS, "Dense", Misnamed)
    with pytest.raises(
        AssertionError, match=r"layer 'one' \(Dense\): the weight 'offset' does not reach its computation"
    ):
        forward.load_model(sound["dense"])


def test_names_that_inner_functions_read_count():
    class Nested(Layer):
        settings = {"factor": number}

        def call(self, x: Array) -> Array:
            return np.stack([(lambda each: each * self.factor)(each) for each in x])

    assert unread(Nested, frozenset({"factor", "total"})) == ["total"]


def test_every_class_stands_where_its_name_is_looked_for():
    """Keras' own name, a sentence on what it does, and a repr that names the layer and its class."""
    assert {name: each.__name__ for name, each in registry.LAYERS.items() if not name.startswith("ops.")} == {
        name: name for name in registry.LAYERS if not name.startswith("ops.")
    }
    assert not any(each.abstract for name, each in registry.LAYERS.items() if not name.startswith("ops."))


def test_a_repr_says_layer_and_class(sound):
    assert repr(forward.load_model(sound["dense"]).layers) == "[layer 'one' (Dense), layer 'two' (Dense)]"
