"""Tiny networks, trained here in seconds and saved in their libraries' own formats. Not good, but real."""

import importlib.metadata

import numpy as np
import pytest
import toy

from opsef_core.models.stardist.folder import library


def lessons(n=4, seed=0, shape=(96, 96)):
    """Small pictures of discs, and their labels."""
    pairs = [toy.many_discs(seed=seed + i, shape=shape, step=24) for i in range(n)]
    return [image.array() for image, _ in pairs], [labels.pixels for _, labels in pairs]


@pytest.fixture(scope="session")
def stardist_folder(tmp_path_factory):
    """A StarDist model folder: grey, 8 rays, one pooling, a few filters."""
    pytest.importorskip("stardist")
    return _train_stardist(tmp_path_factory.mktemp("stardist") / "tiny", 1)


@pytest.fixture(scope="session")
def colour_stardist_folder(tmp_path_factory):
    """The same for colour images."""
    pytest.importorskip("stardist")
    return _train_stardist(tmp_path_factory.mktemp("stardist_colour") / "tiny", 3, steps=4)


def _train_stardist(folder, channels, steps=60):
    with library():
        import tensorflow as tf
        from stardist.models import Config2D, StarDist2D

        tf.keras.utils.set_random_seed(0)
        config = Config2D(
            n_rays=8, n_channel_in=channels, grid=(2, 2), unet_n_depth=1, unet_n_filter_base=8, net_conv_after_unet=8,
            train_patch_size=(64, 64), train_batch_size=4, train_epochs=1, train_steps_per_epoch=steps,
            train_learning_rate=0.01, train_tensorboard=False, train_reduce_lr=None,
        )  # fmt: skip
        net = StarDist2D(config, name=folder.name, basedir=str(folder.parent))
        images, labels = lessons()
        images = [x.astype(np.float32) / 200 for x in images]
        if channels > 1:
            images = [np.stack([x] * channels, axis=-1) for x in images]
        net.train(images, labels, validation_data=(images[:1], labels[:1]))
    (folder / "thresholds.json").write_text('{"prob": 0.3, "nms": 0.4}')
    return folder


@pytest.fixture(scope="session")
def cellpose_file(tmp_path_factory):
    """A Cellpose model file of the installed major: 3 the classic network, 4 Cellpose-SAM with a tiny encoder."""
    pytest.importorskip("cellpose")
    folder = tmp_path_factory.mktemp("cellpose")
    if importlib.metadata.version("cellpose").startswith("4"):
        return _tiny_cellpose_4(folder)
    return _train_cellpose_3(folder)


def _tiny_cellpose_4(folder):
    """Cellpose-SAM's own class and file, with an encoder of two small random blocks instead of 300 million numbers.

    The last layer is set by hand: flows lead to the middle of every 8 x 8 patch, and random features decide
    which patches are objects.
    """
    from types import SimpleNamespace

    import cellpose.vit
    import torch
    from segment_anything.modeling import ImageEncoderViT

    def encoder(_):
        size = {"depth": 2, "embed_dim": 32, "num_heads": 2, "out_chans": 32, "global_attn_indexes": (0, 1)}
        return SimpleNamespace(image_encoder=ImageEncoderViT(use_rel_pos=True, window_size=14, **size))

    cellpose.vit.sam_model_registry = {"vit_l": encoder}  # for the whole session: loading needs it, too
    torch.manual_seed(0)
    net = cellpose.vit.CPSAM()
    inwards = 3.5 - torch.stack(torch.meshgrid(torch.arange(8.0), torch.arange(8.0), indexing="ij"))
    with torch.no_grad():
        net.out.weight[:] = 0
        net.out.weight[128:] = torch.randn(32, 1, 1)  # cell probability, one value a patch
        net.out.bias[:128] = (5 * inwards / inwards.norm(dim=0)).flatten()
        net.out.bias[128:] = 11.3  # brings its mean to about 0
    net.save_model(folder / "patches")
    return folder / "patches"


def _train_cellpose_3(folder, epochs=12):
    import torch
    from cellpose import models, train

    torch.manual_seed(0)
    np.random.seed(0)
    net = models.CellposeModel(gpu=False, pretrained_model=False, diam_mean=16.0).net
    images, labels = lessons()
    path, *_ = train.train_seg(
        net, train_data=images, train_labels=labels, channels=[0, 0], bsize=48, batch_size=4, n_epochs=epochs,
        learning_rate=0.002, nimg_per_epoch=4, min_train_masks=1, save_path=folder, save_every=1000, model_name="discs",
    )  # fmt: skip
    return path
