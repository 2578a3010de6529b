"""Time several ways to load, augment, image and train on digits, side by side: `make speed`, some minutes.

`python tools/speed.py loading` times one of the four. Each becomes a JSON file and a bar chart in results/, from which
tools/readme.py writes the README's table. A repeat during which other programs use the processor is run again.
"""

import json
import math
import statistics
import sys
import tempfile
from functools import partial
from pathlib import Path

import mnist_tutorial as mt  # first: it tells the threads of torch how to wait

# isort: split
import deeplay as dl
import deeptrack as dt
import kornia.augmentation as kornia
import numpy as np
import torch
from deeptrack.optical.scatterers import VolumeScatterer
from PIL import Image
from torch.utils.data import DataLoader, TensorDataset
from torchvision import datasets, transforms
from torchvision.transforms import v2

from mnist_tutorial.benchmark.clock import timed
from mnist_tutorial.benchmark.machine import line, machine
from mnist_tutorial.data import atomic
from mnist_tutorial.device import accelerator, precision
from mnist_tutorial.plots import BLUE, GREY, Picture

RESULTS = Path(__file__).parent.parent / "results"
REPEATS = 5  # uncontended runs of each route; their median counts
TRIES = 3  # a contended repeat is run again, up to this many times the number of repeats
BATCH, OURS, OFFICIAL = 256, "ours", "DeepTrack's tutorial"
FEW, SOME, FEWER = 600, 6000, 64  # images of the slow routes, which take the same time for each image
# The ranges of DeepTrack's MNIST tutorial, with the rotation that it defines but does not pass on; pixels and radians.
WARP = {"scale": (0.8, 1.2), "shift": (-2, 2), "angle": (-0.35, 0.35), "alpha": (0, 60), "sigma": (5, 7)}
MICROSCOPE = {"NA": 0.7, "wavelength": 600e-9, "magnification": 40, "resolution": 6e-6}  # metres
FIELD, MAX_LR, CROP = 64, 1e-2, 24  # pixels of the field; as in notebook 5
ONE, MORE, MEAN = "an image at a time", "images, extrapolated", "alpha and sigma fixed at their means"


# A route starts an epoch of batches, and has a number of images. What prepares them takes a split and an empty folder.
def one_by_one(dataset):
    return partial(DataLoader, dataset, batch_size=BATCH, shuffle=True), len(dataset)


def by_batch(image, source):
    dataset = mt.BatchDataset(image & dt.Value(source.label), source)
    return partial(mt.batch_loader, dataset, batch_size=BATCH, shuffle=True), len(source)


def png_source(split, folder, n):
    """Write some digits as PNG files in class folders, with the same share of each digit."""
    split = split.take(min(n, len(split)), seed=0)
    for image, label, index in zip(split.images, split.labels, split.index, strict=True):
        path = folder / str(label) / f"{index}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path)
    return dt.sources.ImageFolder(str(folder))


def torchvision_mnist(split, folder, *steps):
    raw = folder / "MNIST/raw"
    raw.mkdir(parents=True, exist_ok=True)
    for part in ("train", "t10k"):  # unless all four files are there, torchvision asks for a download
        for kind, magic, array in (("images-idx3", 2051, split.images), ("labels-idx1", 2049, split.labels)):
            head = np.array([magic, *array.shape], ">i4").tobytes()
            (raw / f"{part}-{kind}-ubyte").write_bytes(head + array.astype("uint8").tobytes())
    return datasets.MNIST(folder, train=True, transform=transforms.Compose(steps))


def loading(split, folder):
    """Load an epoch, shuffled and on a common scale."""
    pngs = png_source(split, folder / "few", FEW)
    image = dt.LoadImage(pngs.path) >> dt.NormalizeMinMax() >> dt.MoveAxis(2, 0) >> dt.pytorch.ToTensor(torch.float32)
    pipeline = image & dt.Value(pngs.label)

    def official():  # a new dataset, because the first epoch fills a cache
        return DataLoader(dt.pytorch.Dataset(pipeline, inputs=pngs), batch_size=BATCH, shuffle=True)

    scale = transforms.ToTensor(), transforms.Normalize(0.1307, 0.3081)
    png_source(split, folder / "some", SOME)
    image_folder = datasets.ImageFolder(folder / "some", transforms.Compose([transforms.Grayscale(), *scale]))
    tensors = TensorDataset(torch.from_numpy(mt.Standardize()(split.images))[:, None], torch.tensor(split.labels))
    source = mt.digit_source(split)
    ours = dt.Value(source.image) >> mt.Standardize()
    return {
        OFFICIAL: (official, len(pngs), f"{ONE} from PNG; {FEW} {MORE}"),
        "torchvision ImageFolder": (*one_by_one(image_folder), f"{ONE} from PNG; {SOME:,} {MORE}"),
        "torchvision MNIST": (*one_by_one(torchvision_mnist(split, folder, *scale)), f"{ONE} from memory"),
        "TensorDataset, DataLoader": (*one_by_one(tensors), "from memory, standardized beforehand"),
        OURS: (*by_batch(ours, source), "digit_source and BatchDataset, standardized by batch"),
    }


def warp(image, draw, affine, elastic):
    """Warp an image by features that take their parameters alike; `draw` makes one of its two limits."""
    scale, shift, angle, alpha, sigma = (partial(draw, *WARP[name]) for name in WARP)
    return (
        image
        >> affine(scale=(scale(), scale()), translate=(shift(), shift()), rotate=angle(), shear=angle())
        >> elastic(alpha=alpha(), sigma=sigma())
    )


def deeptrack_warp(image, source):
    def draw(low, high):
        return lambda: low + (high - low) * np.random.rand()

    affine, elastic = partial(dt.Affine, order=2, mode="constant"), partial(dt.ElasticTransformation, mode="constant")
    image = warp(image >> dt.NormalizeMinMax(0, 1), draw, affine, elastic)
    image = image >> dt.Clip(0, 1) >> dt.MoveAxis(2, 0) >> dt.pytorch.ToTensor(torch.float32)
    return one_by_one(dt.pytorch.Dataset(image & dt.Value(source.label), inputs=source, replace=True))


def tensor_batches(images, labels, warp):
    def epoch():
        for chosen in torch.randperm(len(images)).split(BATCH):
            yield warp(images[chosen, None]), labels[chosen]

    return epoch, len(images)


def augmentation(split, folder):
    """Scale, shift, rotate, shear and distort digits, with new parameters for each image."""
    pngs, memory = png_source(split, folder / "few", FEW), mt.digit_source(split.take(min(FEW, len(split)), seed=0))
    alpha, sigma, (height, width) = np.mean(WARP["alpha"]), float(np.mean(WARP["sigma"])), split.images.shape[1:]
    degrees = math.degrees(WARP["angle"][1])
    affine = degrees, (WARP["shift"][1] / width, WARP["shift"][1] / height)
    by_torchvision = torchvision_mnist(
        split.take(min(2 * FEW, len(split)), seed=0),
        folder,
        v2.PILToTensor(),
        v2.ToDtype(torch.float32, scale=True),
        v2.RandomAffine(*affine, WARP["scale"], (-degrees, degrees), v2.InterpolationMode.BILINEAR),
        v2.ElasticTransform(alpha=2 * alpha, sigma=sigma),  # its alpha counts half pixels
    )
    side, alpha = 2 * round(4 * sigma) + 1, float(2 * alpha / (width - 1))  # cut as in scipy; the image is 2 wide
    by_kornia = torch.nn.Sequential(
        kornia.RandomAffine(*affine, WARP["scale"] * 2, (-degrees, degrees), p=1.0),
        kornia.RandomElasticTransform((side, side), (sigma, sigma), (alpha, alpha), p=1.0),
    )
    identity = torch.eye(2, 3).expand(BATCH, 2, 3)
    grid = torch.nn.functional.affine_grid(identity, (BATCH, 1, height, width), align_corners=True)
    grid = grid + 0.1 * torch.rand_like(grid)
    resample = partial(torch.nn.functional.grid_sample, align_corners=True)
    from_memory = deeptrack_warp(dt.Value(memory.image) >> dt.Unsqueeze(), memory)
    source = mt.digit_source(split)
    ours = warp(dt.Value(source.image), mt.uniform, mt.RandomAffine, mt.RandomElastic) >> mt.Standardize()
    images, labels = torch.tensor(split.images), torch.tensor(split.labels)
    floor = tensor_batches(images / 255, labels, lambda batch: resample(batch, grid[: len(batch)]))
    return {
        OFFICIAL: (*deeptrack_warp(dt.LoadImage(pngs.path), pngs), f"{ONE} from PNG; {FEW} {MORE}"),
        "the same, from memory": (*from_memory, f"{ONE}; {FEW} {MORE}"),
        "torchvision v2": (*one_by_one(by_torchvision), f"{ONE}; {MEAN}"),
        "kornia": (*tensor_batches(images, labels, lambda batch: by_kornia(batch / 255)), f"by batch; {MEAN}"),
        OURS: (*by_batch(ours, source), "RandomAffine and RandomElastic, by batch"),
        "grid_sample alone": (*floor, "resampling for one warp: the floor"),
    }


class Ink(VolumeScatterer):
    """A flat sample that emits light: its image, (H, W), as DeepTrack's microscopes take it."""

    def __init__(self, ink, **kwargs):
        super().__init__(ink=ink, **kwargs)

    def get(self, image, ink, **kwargs):
        return np.asarray(ink, dtype=float)[..., None] / 255


def optics(split, folder):
    """Image digits in fluorescent ink at random places with a microscope."""
    few, source = mt.digit_source(split.take(min(FEWER, len(split)), seed=0)), mt.digit_source(split)
    ink = Ink(ink=few.image, intensity=1, position=lambda: np.random.uniform(14, FIELD - 14, 2))
    image = dt.Fluorescence(**MICROSCOPE, output_region=(0, 0, FIELD, FIELD))(ink)
    pipeline = (image >> dt.MoveAxis(2, 0) >> dt.pytorch.ToTensor(torch.float32)) & dt.Value(few.label)
    field = dt.Value(source.image) >> mt.Field(FIELD)
    ours, focus = (mt.Fluorescence(**MICROSCOPE, defocus=depth) for depth in (0.0, mt.uniform(-2e-6, 2e-6)))  # metres
    whole, batches = torch.rand(BATCH, 96, 96), math.ceil(len(split) / BATCH)

    camera = mt.Camera(photons=1000, read_noise=1)

    def deeptrack():
        return (image.update()(item) for item in few)

    def to_fourier_and_back():
        return (torch.fft.irfft2(torch.fft.rfft2(whole)) for _ in range(batches))

    loader = one_by_one(dt.pytorch.Dataset(pipeline, inputs=few, replace=True))
    return {
        "DeepTrack": (deeptrack, len(few), f"dt.Fluorescence, {ONE}; {FEWER} {MORE}"),
        "DeepTrack, DataLoader": (*loader, f"the same as batches of tensors; {FEWER} {MORE}"),
        OURS: (*by_batch(field >> ours, source), "Field and Fluorescence, by batch"),
        "each its own focus": (*by_batch(field >> focus, source), "and a transfer function for each image"),
        "and a camera": (*by_batch(field >> focus >> camera, source), "the same, and Camera"),
        "two FFTs alone": (to_fourier_and_back, batches * BATCH, "of whole images, to Fourier space and back"),
    }


def bare_training(split):
    """Train with nothing but torch."""
    device = torch.device(accelerator() or "cpu")
    images, labels = (torch.tensor(array, device=device) for array in (split.images, split.labels))
    places = images.shape[-1] - CROP + 1

    def epoch():
        network = mt.models.cnn().create().to(device, memory_format=torch.channels_last).train()
        loss = torch.nn.CrossEntropyLoss(label_smoothing=0.1)
        optimizer = torch.optim.Adam(network.parameters(), lr=MAX_LR, betas=(0.8, 0.95), fused=True)
        cycle = {"pct_start": 0.3, "div_factor": 10, "final_div_factor": 1000, "cycle_momentum": False}
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, MAX_LR, math.ceil(len(split) / BATCH), **cycle)
        for chosen in torch.randperm(len(images)).split(BATCH):
            row, column = torch.randint(places, (2, len(chosen)))
            windows = images[chosen].unfold(1, CROP, 1).unfold(2, CROP, 1)
            batch = windows[torch.arange(len(chosen)), row, column]
            batch = ((batch.float() - 0.1307 * 255) * (1 / (0.3081 * 255)))[:, None]
            with torch.autocast(device.type, torch.bfloat16, enabled=precision() == "bf16-mixed"):
                value = loss(network(batch), labels[chosen])
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            schedule.step()
        yield network

    return epoch


def overhead(split, folder):
    """Train the network of notebook 5 for an epoch."""

    def batches():
        source = mt.digit_source(split, device="auto")
        return by_batch(dt.Value(source.image) >> mt.RandomCrop(CROP) >> mt.Standardize(), source)[0]()

    def ours():
        trained = mt.classifier(mt.models.cnn(), max_lr=MAX_LR)
        mt.trainer(max_epochs=1, progress=False).fit(trained, batches())
        yield trained

    def defaults():  # only without bars and summary
        trained = dl.Classifier(mt.models.cnn(), num_classes=10, optimizer=dl.Adam(lr=1e-3)).create()
        quiet = {"enable_progress_bar": False, "enable_model_summary": False, "default_root_dir": folder}
        dl.Trainer(max_epochs=1, precision=precision(), **quiet).fit(trained, batches())
        yield trained

    n = len(split)
    return {
        "bare torch": (bare_training(split), n, "a loop with the same network, batches, precision and schedule"),
        OURS: (ours, n, "mt.classifier and mt.trainer, with DeepTrack's pipeline"),
        "deeplay's defaults": (defaults, n, "accuracy computed and logged at each step; no schedule"),
    }


BENCHMARKS = {function.__name__: function for function in (loading, augmentation, optics, overhead)}


def run(epoch, calls=1):
    for _ in range(calls):
        for _ in epoch():
            pass


def measure(routes, repeats=REPEATS, seconds=1.0, busy=False):
    """Time routes in turn, so that a machine that slows down does so for all; a repeat lasts some seconds."""
    rows = []
    for name, (epoch, images, note) in routes.items():
        run(epoch)  # loads, compiles and allocates what later calls reuse
        calls = max(1, math.ceil(seconds / timed(partial(run, epoch))[1].wall))
        rows.append({"name": name, "note": note, "images": images, "calls": calls, "times": [], "discarded": 0})
    for _ in range(TRIES * repeats):
        for row, (epoch, *_) in zip(rows, routes.values(), strict=True):
            if len(row["times"]) < repeats:
                _, time = timed(partial(run, epoch, row["calls"]))
                if time.contended and not busy:
                    row["discarded"] += 1
                else:
                    row["times"].append(time._asdict())
    return rows


def rates(row):
    """Return the images per second of each repeat."""
    return [row["images"] * row["calls"] / time["wall"] for time in row["times"]]


def collect(name, rows, repeats, variant):
    """Put together what the JSON file keeps: a median for each route, and how many times as fast ours is."""
    medians = {row["name"]: statistics.median(rates(row)) if row["times"] else None for row in rows}
    for row in rows:
        rate = medians[row["name"]]
        row |= {"images_per_second": rate, "times_as_fast": medians[OURS] / rate if rate and medians[OURS] else None}
    about = {"benchmark": name, "machine": machine(), "ours": OURS, "variant": variant}
    return about | {"repeats": repeats, "rows": rows}


def chart(measured):
    """Draw a bar for each route, with the range of the repeats as whiskers, on a logarithmic scale if far apart."""
    rows = [row for row in measured["rows"] if row["times"]][::-1]
    middle = np.array([row["images_per_second"] for row in rows])
    low, high = (np.array([limit(rates(row)) for row in rows]) for limit in (min, max))
    far = max(middle) > 10 * min(middle)
    figure = Picture(figsize=(8, 1.2 + 0.45 * len(rows)), layout="constrained")
    axes = figure.add_subplot(xlabel=f"images per second{' (log scale)' if far else ''}")
    colours = [BLUE if row["name"] == OURS else GREY for row in rows]
    axes.barh([row["name"] for row in rows], middle, color=colours, xerr=(middle - low, high - middle), capsize=3)
    for y, (rate, end) in enumerate(zip(middle, high, strict=True)):
        axes.text(end * (1.15 if far else 1.02), y, f"{rate:,.0f}", va="center")
    axes.set(**{"xscale": "log", "xlim": (min(middle) / 3, max(middle) * 4)} if far else {"xlim": (0, 1.2 * max(high))})
    axes.set_title(f"{measured['benchmark']}, median of {measured['repeats']}")
    return figure


def write(measured, folder):
    """Write the JSON file and the chart."""
    with atomic(folder / f"{measured['benchmark']}.json") as part:
        part.write_text(json.dumps(measured, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    if any(row["times"] for row in measured["rows"]):
        with atomic(folder / f"{measured['benchmark']}.png") as part:
            chart(measured).savefig(part, format="png", dpi=100)


def show(measured):
    print(f"{measured['benchmark']}, MNIST {measured['variant']}; {line(measured['machine'])}")
    for row in measured["rows"]:
        result = "always contended"
        if row["times"]:
            low, rate, high = min(rates(row)), row["images_per_second"], max(rates(row))
            spread = f"{100 * (low / rate - 1):+.0f} to {100 * (high / rate - 1):+.0f} %"
            result = f"{rate:11,.0f} images/s ({spread}), ours is {row['times_as_fast'] or math.nan:.2f} times as fast"
        print(f"  {row['name']:<26}{result}; {row['discarded']} discarded; {row['note']}", flush=True)


def main(names):
    if unknown := set(names) - BENCHMARKS.keys():
        sys.exit(f"found {', '.join(unknown)}; expected some of {', '.join(BENCHMARKS)}")
    mnist, contended = mt.load("full"), []
    for name in names or BENCHMARKS:
        with tempfile.TemporaryDirectory() as folder:
            rows = measure(BENCHMARKS[name](mnist.train, Path(folder)))
        measured = collect(name, rows, REPEATS, mnist.variant)
        show(measured)
        write(measured, RESULTS)
        contended += [f"{name}: {row['name']}" for row in rows if len(row["times"]) < REPEATS]
    if contended:
        sys.exit(f"other programs took too much of the processor; close them and measure again: {'; '.join(contended)}")


if __name__ == "__main__":
    main(sys.argv[1:])
