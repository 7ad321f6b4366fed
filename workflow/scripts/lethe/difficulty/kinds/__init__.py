"""One file a measure of difficulty; the folder is the list of them."""
