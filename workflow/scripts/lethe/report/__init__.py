"""Tables, figures and the page, one file each. Never imports torch."""
