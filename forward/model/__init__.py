"""The engine: from a file to a model, and a batch on its way through its layers."""
