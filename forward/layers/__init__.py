"""The layers: plain functions on arrays, and beside each the layer that binds settings and weights to it."""
