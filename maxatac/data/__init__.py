"""What is read, made ready for a network: cell types, regions of interest, tracks, bins and batches."""
