"""How one network is usually trained: a DataLoader, torchvision's transforms image by image, torch's own schedule."""

from pathlib import Path
from typing import Annotated

import torch
import typer
from digits import NETWORK
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader

from lethe.core import cli
from lethe.data.store import open_split
from lethe.networks.build import Architecture, build_classifier


class Images:
    """Images of a prepared split, augmented one by one when they are asked for."""

    def __init__(self, folder: Path) -> None:
        from PIL import Image
        from torchvision import transforms

        split = open_split(folder / "train.npy", folder / "train.parquet")
        self.pictures = [Image.fromarray(image[0]) for image in split.images]
        self.labels = split.labels.tolist()
        size = split.images.shape[2]
        padding = -(-size // 8)
        self.transform = transforms.Compose([transforms.RandomCrop(size, padding=padding), transforms.ToTensor()])

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, row: int) -> tuple[torch.Tensor, int]:
        return self.transform(self.pictures[row]), self.labels[row]


def main(
    data: Annotated[Path, typer.Argument(help="folder with train.npy and train.parquet")],
    output: Path,
    *,
    seed: Annotated[int, typer.Option()],
    epochs: Annotated[int, typer.Option()],
    batch_size: Annotated[int, typer.Option()],
    learning_rate: Annotated[float, typer.Option()],
    workers: Annotated[int, typer.Option(help="processes that augment; 0 = in this one")],
) -> None:
    """Train one network and save its weights."""
    torch.manual_seed(seed)
    model = build_classifier(Architecture("resnet", NETWORK, channels=1, classes=10), init_seed=seed)
    loader = DataLoader(Images(data), batch_size, shuffle=True, drop_last=True, num_workers=workers)
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate, momentum=0.9, nesterov=True, weight_decay=5e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, learning_rate, total_steps=epochs * len(loader))
    model.train()
    for _ in range(epochs):
        for images, labels in loader:
            loss = cross_entropy(model(images), labels)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()
    torch.save(model.state_dict(), output)


if __name__ == "__main__":
    cli.run(main)
