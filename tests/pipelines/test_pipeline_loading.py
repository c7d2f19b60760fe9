"""load_pipeline: the bundled layout, Tora folders, CogVideoX folders with an adapter, and what it refuses."""

from __future__ import annotations

import json
import shutil

import pytest
import torch

from tora_core import CheckpointError, ToraError, ToraImageToVideoPipeline, ToraPipeline, load_pipeline
from tora_core.checkpoints import save_adapter
from tora_core.pipelines import loading


def save_parts(components, home):
    for name in ("vae", "text_encoder", "tokenizer", "scheduler"):
        components[name].save_pretrained(home / name)


def save_base(transformer, folder):
    """The transformer without Tora's part, as CogVideoX's own folder has it."""
    from diffusers import CogVideoXTransformer3DModel

    own = ("flow_channels", "motion_channels", "fuser_type")
    config = {key: value for key, value in transformer.config.items() if key not in own and not key.startswith("_")}
    plain = CogVideoXTransformer3DModel(**config)
    state = transformer.state_dict()
    plain.load_state_dict({key: state[key] for key in plain.state_dict()})
    plain.save_pretrained(folder)


@pytest.fixture(scope="module")
def tora_folder(tmp_path_factory, t2v_components):
    home = tmp_path_factory.mktemp("tora")
    save_parts(t2v_components, home)
    t2v_components["transformer"].save_pretrained(home / "transformer")
    return home


@pytest.fixture
def base_folder(tmp_path, t2v_components):
    save_parts(t2v_components, tmp_path / "cogvideox")
    save_base(t2v_components["transformer"], tmp_path / "cogvideox" / "transformer")
    return tmp_path / "cogvideox"


@pytest.fixture(scope="module")
def bundled_folder(tmp_path_factory, t2v_components, i2v_components):
    home = tmp_path_factory.mktemp("bundled")
    save_parts({**t2v_components, "text_encoder": t2v_components["text_encoder"]}, home)
    for kind, components in (("t2v", t2v_components), ("i2v", i2v_components)):
        save_base(components["transformer"], home / kind / "transformer")
        save_adapter(components["transformer"], home / kind / "tora.safetensors", dtype=torch.float16)
    return home


def quiet(pipe):
    pipe.set_progress_bar_config(disable=True)
    return pipe


def test_a_tora_folder_gives_the_same_video(tora_folder, t2v, call, path):
    pipe = quiet(load_pipeline(tora_folder))
    assert type(pipe) is ToraPipeline and not pipe.transformer.training and not pipe.vae.training
    assert torch.equal(call(pipe, trajectory=path), call(t2v, trajectory=path))


def test_a_cogvideox_folder_with_an_adapter_gives_the_same_video(base_folder, tmp_path, t2v, call, path):
    adapter = save_adapter(t2v.transformer, tmp_path / "elsewhere" / "my.safetensors")
    expected = call(t2v, trajectory=path)
    assert torch.equal(call(quiet(load_pipeline(base_folder, adapter=adapter)), trajectory=path), expected)
    shutil.copy(adapter, base_folder / "tora.safetensors")
    assert torch.equal(call(quiet(load_pipeline(base_folder)), trajectory=path), expected)


def test_a_base_without_any_adapter_asks_for_one(base_folder):
    with pytest.raises(CheckpointError, match=r"no text-to-video adapters lie in it. Give adapter="):
        load_pipeline(base_folder)


def test_two_fitting_adapters_have_to_be_told_apart(base_folder, t2v):
    for name in ("one.safetensors", "two.safetensors"):
        save_adapter(t2v.transformer, base_folder / name)
    with pytest.raises(CheckpointError, match=r"several text-to-video adapters"):
        load_pipeline(base_folder)


def test_an_adapter_of_the_other_kind_beside_it_is_passed_over(base_folder, t2v, call, path):
    save_adapter(t2v.transformer, base_folder / "fitting.safetensors", kind="t2v")
    save_adapter(t2v.transformer, base_folder / "other.safetensors", kind="i2v")
    assert torch.equal(call(quiet(load_pipeline(base_folder)), trajectory=path), call(t2v, trajectory=path))


def test_the_bundled_model_is_float16_on_disk_and_float32_in_use(bundled_folder, monkeypatch, call, path, capfd):
    monkeypatch.setattr(loading, "BUNDLED", bundled_folder)
    pipe = quiet(load_pipeline())
    assert type(pipe) is ToraPipeline
    assert {parameter.dtype for parameter in pipe.transformer.parameters()} == {torch.float32}
    assert pipe.vae.dtype == pipe.text_encoder.dtype == torch.float32
    assert call(pipe, trajectory=path).shape == (1, 3, 4, 4, 6)
    assert capfd.readouterr().err == ""


def test_the_bundled_image_to_video_model(bundled_folder, monkeypatch, call, path, picture):
    monkeypatch.setattr(loading, "BUNDLED", bundled_folder)
    pipe = quiet(load_pipeline(image_to_video=True))
    assert type(pipe) is ToraImageToVideoPipeline
    assert call(pipe, image=picture, trajectory=path).shape == (1, 3, 4, 4, 6)


def test_a_missing_bundled_model_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(loading, "BUNDLED", tmp_path)
    with pytest.raises(CheckpointError, match="the bundled text-to-video model is not part of this installation"):
        load_pipeline()


def test_in_another_type_all_but_the_extractor_has_it(tora_folder):
    pipe = load_pipeline(tora_folder, dtype="bfloat16", device="cpu")
    transformer = pipe.transformer
    assert transformer.patch_embed.proj.weight.dtype == pipe.vae.dtype == pipe.text_encoder.dtype == torch.bfloat16
    assert transformer.fuser[0].flow_gamma_spatial.weight.dtype == torch.bfloat16
    assert {p.dtype for p in transformer.traj_extractor.parameters()} == {torch.float32}


def test_the_wrong_kind_is_told_before_loading(tora_folder):
    with pytest.raises(
        ToraError, match=r"text-to-video model .* but image-to-video was asked for.*image_to_video=False"
    ):
        load_pipeline(tora_folder, image_to_video=True)


@pytest.mark.parametrize("name", ["THUDM/CogVideoX-5b", "nowhere"])
def test_a_hub_name_or_missing_folder_is_refused_without_the_network(name, monkeypatch):
    monkeypatch.setattr("socket.socket.connect", lambda *args: pytest.fail("went to the network"))
    with pytest.raises(CheckpointError, match=r"does not exist, expected a folder.*nothing is downloaded"):
        load_pipeline(name)


def test_a_file_is_refused_with_the_way_to_use_it(tmp_path, t2v):
    file = save_adapter(t2v.transformer, tmp_path / "tora.safetensors")
    with pytest.raises(CheckpointError, match=r"is a single file.*adapter=FILE"):
        load_pipeline(file)
    with pytest.raises(CheckpointError, match=r"lacks transformer/, vae/, text_encoder/, tokenizer/, scheduler/"):
        load_pipeline(tmp_path)


@pytest.fixture
def damaged(tora_folder, tmp_path):
    return shutil.copytree(tora_folder, tmp_path / "damaged")


def test_an_incomplete_vae_is_refused_by_the_key(damaged):
    from safetensors.torch import load_file, save_file

    file = damaged / "vae" / "diffusion_pytorch_model.safetensors"
    state = load_file(file)
    del state["encoder.conv_in.conv.weight"]
    save_file(state, file)
    with pytest.raises(CheckpointError, match=r"vae lacks 1 tensors.*encoder\.conv_in\.conv\.weight"):
        load_pipeline(damaged)


@pytest.mark.parametrize(
    ("part", "file"),
    [
        ("vae", "diffusion_pytorch_model.safetensors"),
        ("text_encoder", "model.safetensors"),
        ("transformer", "diffusion_pytorch_model.safetensors"),
        ("tokenizer", "tokenizer.json"),
        ("scheduler", "scheduler_config.json"),
    ],
)
@pytest.mark.parametrize("how", ["missing", "cut"])
def test_a_missing_or_cut_file_is_refused_by_its_folder(damaged, part, file, how):
    file = damaged / part / file
    if how == "missing":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(CheckpointError, match=part):
        load_pipeline(damaged)


@pytest.mark.parametrize("name", ["NoSuchScheduler", "CogVideoXPipeline", None, 3])
def test_a_scheduler_that_is_none_is_refused(damaged, name):
    file = damaged / "scheduler" / "scheduler_config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "_class_name": name}))
    with pytest.raises(CheckpointError, match="names the scheduler"):
        load_pipeline(damaged)
