"""From notebook to page: parameters, runs, the reader of executed notebooks, and the writers."""
