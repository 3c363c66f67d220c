"""What a reader sees: tables, figures, sentences and the pages that hold them."""
