"""Made-up trainings: learning curves, and networks beside their twins with random labels or fewer images."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

IMAGES = 900
TWINS = {"none": (0.0, IMAGES), "noise0.1": (0.1, IMAGES), "size225": (0.0, 225), "size450": (0.0, 450)}


def curves(regime: str, seeds: int, *, epochs: Sequence[int] = (3, 6, 9, 12, 15)) -> pd.DataFrame:
    """Test error stops falling before train error does; the more so, the shorter the regime's name."""
    rows = []
    for seed in range(seeds):
        drawn = np.random.default_rng([seed, len(regime)])
        for epoch in epochs:
            train = 0.7 * 0.8**epoch + 0.002
            for split, error in (("train", train), ("test", train + 0.2 * (1 - 0.9**epoch) / len(regime))):
                soft = error * drawn.uniform(0.9, 1.1)
                rows.append((regime, split, seed, epoch, 1 - 0.8 * soft, soft, 0.6))
    names = ["regime", "split", "seed", "epoch", "accuracy", "soft_error", "feature_spread"]
    return pd.DataFrame(rows, columns=names).astype({"split": "category"})


def generalisation(regime: str, seeds: int, *, memory: float, corrupted: bool) -> pd.DataFrame:
    """Networks of which a share `memory` of the wrong labels is learned; the first half of the seeds has twins."""
    rows = []
    for twin, (noise, images) in TWINS.items():
        for seed in range(seeds if twin == "none" else max(seeds // 2, 2)):
            drawn = np.random.default_rng([seed, len(regime), images])
            test = 0.97 - 0.04 * noise - 0.05 * (IMAGES / images - 1) / 3 - 0.01 * drawn.random()
            kept = test - memory * test
            train = 0.999 - 0.9 * noise * memory - 0.002 * drawn.random()
            rows.append(
                {
                    "seed": seed,
                    "twin": twin,
                    "images": images,
                    "labels": images,
                    "wrong_labels": round(0.9 * noise * images),
                    "label_noise": noise,
                    "train_accuracy": train,
                    "given_accuracy": train - 0.9 * noise * (1 - 2 * memory),
                    "mislabelled_accuracy": kept if noise else np.nan,
                    "learned_wrong_share": memory if noise else np.nan,
                    "test_accuracy": test,
                    "corrupted_test_accuracy": 0.8 * test if corrupted and twin == "none" else np.nan,
                    "train_soft_error": 1.3 * (1 - train),
                    "test_soft_error": 1.3 * (1 - test),
                }
            )
    return pd.DataFrame(rows).assign(regime=regime)
