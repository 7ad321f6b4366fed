"""Views, one file each: a random change of a whole batch of images at once."""
