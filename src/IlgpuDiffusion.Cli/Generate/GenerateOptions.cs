using System.CommandLine;
using IlgpuDiffusion.Graphs.Passes;
using IlgpuDiffusion.Sampling;

namespace IlgpuDiffusion.Cli;

/// <summary>The options of <c>generate</c>, named as in stable-diffusion.cpp.</summary>
internal sealed class GenerateOptions
{
    public Option<string?> Prompt { get; } = OptionFactory.Text("--prompt", ["-p"], "text", "What the picture shows. (word:1.3) weights a word; BREAK starts a new chunk; [from:to:0.5] and [a|b] change it from step to step.");

    public Option<string?> Prompts { get; } = OptionFactory.Text("--prompts", [], "file", "A file with a prompt in every line, each of which is painted; - reads standard input.");

    public Option<string?> NegativePrompt { get; } = OptionFactory.Text("--negative-prompt", ["-n"], "text", "What it should not show.");

    public Option<string?> Model { get; } = OptionFactory.Text("--model", ["-m"], "file|folder", "A model: a .safetensors or .gguf file, a diffusers folder, or papercut, the model that ships. [default: papercut]");

    public Option<string?> Variant { get; } = OptionFactory.Text("--variant", [], "name", "Which variant of the weight files to read: fp16, bf16, non_ema … [default: the plain files, or the only variant that there is]");

    public Option<string?> Vae { get; } = OptionFactory.Text("--vae", [], "file", "An autoencoder in place of the model's, or where it has none: a .safetensors file, or a component's folder.");

    public Option<string?> Taesd { get; } = OptionFactory.Text("--taesd", [], "folder|file", "A tiny decoder (TAESD) of the model's latents, which paints previews and pictures in a fraction of the time, with less detail: a folder of diffusers' AutoencoderTiny, or a .safetensors file.");

    public Option<string?> Refiner { get; } = OptionFactory.Text("--refiner", [], "folder|file", "A model that paints the last steps, as the refiner of Stable Diffusion XL: a diffusers folder, or one .safetensors file.");

    public Option<double?> AestheticScore { get; } = OptionFactory.Number("--aesthetic-score", [], "x", "How beautiful the refiner of Stable Diffusion XL is told that the picture is, about 2 to 7. [default: 6]", -100, 100);

    public Option<double?> NegativeAestheticScore { get; } = OptionFactory.Number("--negative-aesthetic-score", [], "x", "The same with the negative prompt. [default: 2.5]", -100, 100);

    public Option<PixelSize?> OriginalSize { get; } = OptionFactory.PictureSize("--original-size", "The size that Stable Diffusion XL and its refiner are told the picture had before it was cropped and resized. [default: the picture's]");

    public Option<PixelOffset?> CropsCoordsTopLeft { get; } = OptionFactory.PicturePlace("--crops-coords-top-left", "Where they are told that its left upper corner was cut from, from the top and from the left. [default: 0,0]");

    public Option<PixelSize?> TargetSize { get; } = OptionFactory.PictureSize("--target-size", "The size that Stable Diffusion XL is told the picture has. [default: the picture's]");

    public Option<PixelSize?> NegativeOriginalSize { get; } = OptionFactory.PictureSize("--negative-original-size", "The like beside the negative prompt. [default: as without negative]");

    public Option<PixelOffset?> NegativeCropsCoordsTopLeft { get; } = OptionFactory.PicturePlace("--negative-crops-coords-top-left", "The like beside the negative prompt. [default: as without negative]");

    public Option<PixelSize?> NegativeTargetSize { get; } = OptionFactory.PictureSize("--negative-target-size", "The like beside the negative prompt. [default: as without negative]");

    public Option<double?> RefinerStart { get; } = OptionFactory.Number("--refiner-start", [], "x", "With --refiner: from which fraction of the noise on it paints, above 0 to 1; 1 is never. [default: 0.8]", 0, 1, above: true);

    public Option<bool> TaesdPreviewOnly { get; } = OptionFactory.Flag("--taesd-preview-only", [], "With --taesd: previews alone; pictures are decoded by the model's autoencoder.");

    public Option<string?> ClipL { get; } = OptionFactory.Text("--clip-l", [], "file", "The text encoder CLIP ViT-L (Stable Diffusion 1, XL, 3, FLUX.1), likewise.");

    public Option<string?> ClipG { get; } = OptionFactory.Text("--clip-g", [], "file", "The text encoder OpenCLIP ViT-bigG (XL, Stable Diffusion 3), likewise.");

    public Option<string?> ClipH { get; } = OptionFactory.Text("--clip-h", [], "file", "The text encoder OpenCLIP ViT-H (Stable Diffusion 2), likewise.");

    public Option<string?> T5 { get; } = OptionFactory.Text("--t5xxl", [], "file", "The text encoder T5 v1.1 XXL (Stable Diffusion 3, FLUX.1), likewise.");

    public Option<string[]> Lora { get; } = new("--lora") { Description = "A LoRA and its weight, 1 by default: file.safetensors:0.8; may be repeated. --prompt may name more: <lora:name:0.8>, of --lora-dir.", HelpName = "file[:weight]" };

    public Option<string?> LoraFolder { get; } = OptionFactory.Text("--lora-dir", [], "folder", "Where the LoRAs are that the prompt names.");

    public Option<string[]> Embedding { get; } = new("--embedding") { Description = "A learned embedding (textual inversion), whose word the prompts may have: its file's name, or the name that it holds; may be repeated.", HelpName = "file" };

    public Option<string?> EmbeddingFolder { get; } = OptionFactory.Text("--embedding-dir", [], "folder", "Where more embeddings are whose words the prompts may have.");

    public Option<string[]> ControlNet { get; } = new("--controlnet", "--control-net") { Description = "A ControlNet, of Stable Diffusion 1, 2 or XL as the model is: its folder in diffusers' layout, or a .safetensors file; needs --control-image. May be repeated, each with its picture; what they add is summed.", HelpName = "folder|file" };

    public Option<string[]> ControlImage { get; } = new("--control-image") { Description = $"The picture that --controlnet follows, as it was trained to see it (edges, depths, poses): {PictureFile.Kinds}. Of another shape than the painted picture's, the largest part of that shape is cut out of its middle.", HelpName = "file" };

    public Option<double[]> ControlStrength { get; } = OptionFactory.Numbers("--control-strength", "How strongly it is followed: once for all, or once for each --controlnet. [default: 1]", 0, double.PositiveInfinity);

    public Option<double[]> ControlStart { get; } = OptionFactory.Numbers("--control-start", "From which fraction of the steps on, likewise. [default: 0]", 0, 1);

    public Option<double[]> ControlEnd { get; } = OptionFactory.Numbers("--control-end", "To which fraction of the steps, likewise; a step that goes beyond it is not controlled. [default: 1]", 0, 1);

    public Option<string?> Config { get; } = OptionFactory.Text("--config", [], "folder", "A diffusers folder whose configurations and tokenizers a single file is read with, where it is not of the usual sizes; no weights are needed.");

    public Option<string?> Prediction { get; } = OptionFactory.Text("--prediction", [], "eps|v", "What the network predicts. [default: what the model's files say]");

    public Option<string?> Output { get; } = OptionFactory.Text("--output", ["-o"], "file", $"PNG file to write; a name that ends in a slash is a folder, made where it is not there; - is standard output. %03d stands for a number that is still free; without it, the file is replaced and further pictures get _2, _3 …, or the next numbers of which none is taken. [default: {OutputNames.Default}]");

    public Option<int?> Width { get; } = OptionFactory.Side("--width", ["-W"], "Width in pixels, a multiple of 8. [default: the model's]");

    public Option<int?> Height { get; } = OptionFactory.Side("--height", ["-H"], "Height in pixels, a multiple of 8. [default: the model's]");

    public Option<int?> Steps { get; } = OptionFactory.Whole("--steps", [], "n", "Steps of the sampler. [default: the model's]", least: 1, most: 1000);

    public Option<double?> CfgScale { get; } = OptionFactory.Number("--cfg-scale", [], "x", "Guidance: how closely the prompt is followed; 1 or 0 is none. [default: the model's]", 0, double.PositiveInfinity);

    public Option<double?> TrueCfgScale { get; } = OptionFactory.Number("--true-cfg-scale", [], "x", "Guidance with the negative prompt beside --cfg-scale, for models that take that as an input (FLUX.1 dev), at twice the work. [default: 1, none]", 0, double.PositiveInfinity);

    public Option<double?> CfgRescale { get; } = OptionFactory.Number("--cfg-rescale", [], "x", "Takes back the overexposure of strong guidance, 0 to 1. [default: 0]", 0, 1);

    public Option<OptionFactory.SeedValue?> Seed { get; } = OptionFactory.Seed("--seed", ["-s"], $"Seed of the first picture; -1 draws one, which is told. [default: {GenerateSettings.DefaultSeed}]");

    public Option<int?> BatchCount { get; } = OptionFactory.Whole("--batch-count", ["-b"], "n", "Number of pictures; picture i has the seed plus i. [default: 1]", least: 1, most: 100_000);

    public Option<string?> Sampler { get; } = OptionFactory.Text("--sampling-method", ["--sampler"], "name", "Sampler, under its name in any program: euler_a, \"DPM++ 2M Karras\", dpmpp_2m, DDIMScheduler … ('ilgpu-diffusion samplers' lists them). [default: the model's]");

    public Option<string?> Scheduler { get; } = OptionFactory.Text("--scheduler", [], "name", "Schedule of noise levels: karras, exponential, sgm_uniform … [default: the model's]");

    public Option<double?> Shift { get; } = OptionFactory.Number("--shift", ["--flow-shift"], "x", "Of Stable Diffusion 3 and FLUX.1: how far the steps are moved towards noise, in place of the model's way, also of one that goes by the picture's size. [default: the model's]", 0, 1000, above: true);

    public Option<double?> Eta { get; } = OptionFactory.Number("--eta", [], "x", "DDIM's eta, the share of ancestral noise, or TCD's gamma, 0 to 1. [default: the sampler's]", 0, 1);

    public Option<int?> ClipSkip { get; } = OptionFactory.Whole("--clip-skip", [], "n", "Which layer of the text encoder from the end: 1 is the last, 2 the last but one; 0 or less takes the model's. [default: -1]", least: -1, most: 100);

    public Option<string?> Rng { get; } = OptionFactory.Text("--rng", [], "cpu|cuda", "Noise as torch draws it on the CPU, or on CUDA (as stable-diffusion-webui does by default). [default: cpu]");

    public Option<string?> Policy { get; } = OptionFactory.Text("--policy", [], "name|file|json", $"How to compute less: {string.Join(", ", PolicyChoice.Names)}, a JSON file, or JSON itself. The options below change it. [default: exact]");

    public Option<string?> Budget { get; } = OptionFactory.Text("--budget", [], "2x|3s|40dB", "Computes less, as well as can be: 2x, at least twice as fast as exact; 3s, at most so many seconds for a picture; 40dB, at least so like the exact picture, with a model that was calibrated. The policy that it chooses is told and stored ('calibrate' measures model and device for it).");

    public Option<bool> Exact { get; } = OptionFactory.Flag("--exact", [], "With --from: the exact twin of a picture that was made with a policy.");

    public Option<int?> DeepCache { get; } = OptionFactory.Whole("--deepcache", [], "n", "Runs the whole network in every n-th evaluation only; the others reuse its deep features (DeepCache).", least: 1, most: 1000);

    public Option<double?> TGate { get; } = OptionFactory.Number("--tgate", [], "x", "From this fraction of the steps on, no guidance, and attention to the text as it was (T-GATE); 1 is never.", 0, 1);

    public Option<int?> HyperTile { get; } = OptionFactory.Whole("--hypertile", [], "pixels", "Cuts attention in large layers into tiles of about so many pixels a side (HyperTile).", least: Acceleration.HyperTile.LeastTile, most: Acceleration.HyperTile.MostTile);

    public Option<string?> ToDo { get; } = OptionFactory.Text("--todo", [], "auto|x|x/x", "Attention looks at a coarser grid of keys (ToDo): auto chooses by the picture's size; a number makes the sides of the largest layers so many times smaller, after / those of the next.");

    public Option<double?> ToMe { get; } = OptionFactory.Number("--tome", [], "x", "Merges this part of the tokens of the largest layers (token merging).", 0, 1);

    public Option<double?> DeepShrink { get; } = OptionFactory.Number("--deep-shrink", [], "x", "Early on (the first 0.35 of the steps), computes the layers below the finest on a grid so many times smaller: for pictures larger than the model was trained at, which otherwise repeat their subject. 2 for twice that size, 4 for four times; --policy sets depth and window.", 1, 16);

    public Option<string?> GuidanceInterval { get; } = OptionFactory.Text("--guidance-interval", [], "a-b", "Guides only between these fractions of the steps, such as 0.1-0.8; the others run the prompt alone, at half the work.");

    public Option<string?> VaeTiling { get; } = new("--vae-tiling", "--tiled-vae") { Description = "Decodes pictures in parts: less memory, more work, the same picture but for rounding. on keeps to what painting takes; auto does it where the memory asks for it. [default: auto; on where only the name is given]", HelpName = "auto|on|off", Arity = ArgumentArity.ZeroOrOne };

    public Option<string?> InitImage { get; } = OptionFactory.Text("--init-img", ["-i"], "file", $"Picture to start from: {PictureFile.Kinds}.");

    public Option<string?> Mask { get; } = OptionFactory.Text("--mask", [], "file", "Mask for --init-img, a picture of the same size: white is repainted, black is kept.");

    public Option<int?> MaskBlur { get; } = OptionFactory.Whole("--mask-blur", [], "pixels", "How wide the border is over which repainted and kept pixels are blended; beyond it the kept ones are those of --init-img. [default: 4]", least: 0, most: 64);

    public Option<bool> WithoutOverlay { get; } = OptionFactory.Flag("--no-mask-overlay", [], "Leaves what the mask keeps as the model's autoencoder gives it back.");

    public Option<double?> Strength { get; } = OptionFactory.Number("--strength", [], "x", "How much --init-img is changed, above 0 to 1. [default: 0.75]", 0, 1, above: true);

    public Option<string?> From { get; } = OptionFactory.Text("--from", [], "file", "Repeats a picture from its metadata, also one of stable-diffusion-webui, stable-diffusion.cpp and the like; other options override it.");

    public Option<bool> DisableMetadata { get; } = OptionFactory.Flag("--disable-image-metadata", [], "Does not store prompt and settings in the picture.");

    public Option<string?> Device { get; } = OptionFactory.Text("--device", [], DeviceChoice.Names, "Where to compute: the processor, a GPU through CUDA or OpenCL, or ILGPU on the processor (for tests, slow). [default: auto, a GPU if there is one]");

    public Option<string?> Type { get; } = OptionFactory.Text("--type", [], TypeChoice.Names, "How numbers between layers are stored: 16 bits take half the memory and are faster on a GPU, f32 is exact. [default: auto, on a GPU the model's own type, else f32]");

    public Option<long?> MemoryLimit { get; } = OptionFactory.Size("--memory-limit", [], "How much of the device's memory may be used: 6G, 512M. What does not fit is refused before anything runs, with what would. [default: what there is]");

    public Option<bool> Offload { get; } = OptionFactory.Flag("--offload", [], "Holds the weights of one component at a time: text encoders leave before the denoiser's are brought in, and these before decoding; of several pictures each is decoded when it is painted, with the decoder beside the denoiser, or where both do not fit all at the end. Less memory, and all of them are brought in again for the next picture. [default: where all of them do not fit]");

    public Option<long?> WeightBudget { get; } = OptionFactory.Size("--weight-budget", [], "The most that weights may take at one time: 6G. Those not used longest leave for others; a network that is larger is read from its files in every step (on the processor). [default: what there is]");

    public Option<int?> Threads { get; } = OptionFactory.Whole("--threads", ["-t"], "n", "Worker threads; 0 or less takes one per core. The picture is the same for any number. [default: -1]", least: -1, most: 4096);

    public Option<string[]> WithoutPasses { get; } = new("--no-pass")
    {
        Description = $"Leaves out an optimisation of the networks, for comparisons; may be repeated: {string.Join(", ", PassPipeline.Names)}.",
        HelpName = "name",
        CustomParser = r =>
        {
            string[] names = [.. r.Tokens.Select(token => token.Value)];
            if (names.FirstOrDefault(name => !PassPipeline.Names.Contains(name)) is { } unknown)
            {
                r.AddError($"--no-pass: there is no pass '{unknown}'. Passes: {string.Join(", ", PassPipeline.Names)}.");
            }

            return names;
        },
    };

    public Option<bool> WithoutGraphs { get; } = OptionFactory.Flag("--no-graphs", [], "On CUDA, queues every kernel by itself in place of recorded evaluations (CUDA graphs), for comparisons and drivers that fail at them.");

    public Option<string?> Preview { get; } = new("--preview") { Description = "Writes the picture so far while it is painted: vae, decoded at full size; tae, by --taesd; or none. [default: none; where only the name is given tae, or vae without --taesd]", HelpName = "none|vae|tae", Arity = ArgumentArity.ZeroOrOne };

    public Option<string?> PreviewPath { get; } = OptionFactory.Text("--preview-path", [], "file", $"Where --preview writes. [default: {GenerateSettings.DefaultPreview}]");

    public Option<int?> PreviewInterval { get; } = OptionFactory.Whole("--preview-interval", [], "n", "Steps from one preview to the next. [default: 1]", least: 1);

    public Option<bool> Quiet { get; } = OptionFactory.Flag("--quiet", ["-q"], "Prints the names of written files alone: no progress, no warnings.");

    public Option<bool> Json { get; } = OptionFactory.Flag("--json", [], "Prints a line of JSON for every picture: file, seed, settings, times.");

    public Option<bool> Verbose { get; } = OptionFactory.Flag("--verbose", ["-v"], "Says more: settings as they come out, times, drivers' words, and the trace of an error.");

    /// <summary>Those that say how to compute less.</summary>
    public IReadOnlyList<Option> OfPolicy => [Policy, Budget, Exact, DeepCache, TGate, HyperTile, ToDo, ToMe, DeepShrink, GuidanceInterval];

    private readonly HashSet<Option> _ofPictures;

    public GenerateOptions()
    {
        _ofPictures = [Output, DisableMetadata, Prompts, Preview, PreviewPath, PreviewInterval, Quiet, Json];
        Sampler.CompletionSources.Add([.. SamplerCatalogue.Samplers.Select(sampler => sampler.Id)]);
        Scheduler.CompletionSources.Add([.. SamplerCatalogue.Schedules]);
        Device.CompletionSources.Add(DeviceChoice.Names.Split('|'));
        Type.CompletionSources.Add(TypeChoice.Names.Split('|'));
        Rng.CompletionSources.Add("cpu", "cuda");
        Prediction.CompletionSources.Add("eps", "v");
        Preview.CompletionSources.Add("none", "vae", "tae");
        VaeTiling.CompletionSources.Add("auto", "on", "off");
        Model.CompletionSources.Add(GenerateSettings.ShippedModel);
    }

    public void AddTo(Command command, bool writesPictures = true, bool oneDevice = true)
    {
        foreach (Option option in (Option[])
        [
            Prompt, Prompts, NegativePrompt, Model, Variant, Refiner, RefinerStart, AestheticScore, NegativeAestheticScore, OriginalSize, CropsCoordsTopLeft, TargetSize, NegativeOriginalSize, NegativeCropsCoordsTopLeft, NegativeTargetSize, Vae, Taesd, TaesdPreviewOnly, ClipL, ClipG, ClipH, T5, Config, Prediction, Lora, LoraFolder, Embedding, EmbeddingFolder,
            ControlNet, ControlImage, ControlStrength, ControlStart, ControlEnd,
            Output, Width, Height, Steps, CfgScale, TrueCfgScale, CfgRescale, Seed, BatchCount, Sampler, Scheduler, Shift, Eta, ClipSkip, Rng,
            .. OfPolicy, VaeTiling, InitImage, Mask, MaskBlur, WithoutOverlay, Strength, From, DisableMetadata, Device, Type, MemoryLimit, Offload, WeightBudget, Threads, WithoutPasses, WithoutGraphs,
            Preview, PreviewPath, PreviewInterval, Quiet, Json, Verbose,
        ])
        {
            if ((writesPictures || !_ofPictures.Contains(option)) && (oneDevice || (option != Device && option != BatchCount)))
            {
                command.Options.Add(option);
            }
        }
    }
}
