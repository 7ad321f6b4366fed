"""What a network is: built, stored, run, read by probes, exported."""
