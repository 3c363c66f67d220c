"""What the notebooks share: data, variants, training, evaluation, figures, report."""

import os

# TensorFlow prints notes on GPUs and processor features from C++, some of them as "errors" that are none
# (no GPU found). What goes wrong for real still comes as a Python exception.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
