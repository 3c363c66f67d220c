"""What the notebooks share: data, variants, training, evaluation, figures, report."""

import logging
import os

# TensorFlow prints notes on GPUs and processor features from C++, some of them as "errors" that are none
# (no GPU found). What goes wrong for real still comes as a Python exception.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# It also advises against building many models in one process, which is what a study does.
logging.getLogger("tensorflow").addFilter(lambda record: "retracing" not in record.getMessage())
