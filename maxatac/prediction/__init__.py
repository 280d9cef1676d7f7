"""A trained model applied to whole chromosomes."""
