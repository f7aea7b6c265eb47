"""What a reader sees: document blocks, figures, tables and sentences, from finished numbers."""
