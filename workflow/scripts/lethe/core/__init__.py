"""What every room stands on: config, registry, schemas, files, errors, seeding. Never imports torch."""
