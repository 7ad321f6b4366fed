"""Images prepared once and memory-mapped, changed in batches; `sets`, `views` and `corruptions`, one file each."""
