"""What every package uses: errors, registry of plug-ins, names, seeding, version of the code. Never imports torch."""
