"""Groups of headlines, one file each."""
