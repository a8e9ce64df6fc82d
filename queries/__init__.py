"""The questions: one typed function each, its SQL beside it under the same name. Read only."""
