using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Papercut;
using Microsoft.Extensions.DependencyInjection;

namespace Postcards.Tests;

/// <summary>With the model that ships: the whole way, offline, in seconds.</summary>
[TestClass]
public sealed class PostcardPainterTests
{
    private static readonly ServiceProvider Services = new ServiceCollection().AddPostcards(PapercutModel.Folder).BuildServiceProvider();

    private static PostcardPainter Painter => Services.GetRequiredService<PostcardPainter>();

    [ClassCleanup]
    public static async Task Close() => await Services.DisposeAsync();

    [TestMethod]
    public async Task APostcardIsTheSameWhereverItIsPainted()
    {
        Image painted = Image.FromPng(await Painter.PaintAsync("a blue lake", 7));

        // Processors differ in the last bit of a sum, so pictures are compared as pictures: 40 dB is less than eyes see, another picture has about 15.
        Image expected = Image.Load(Path.Combine(AppContext.BaseDirectory, "lake.png"));
        Assert.IsGreaterThan(40, ImageMetrics.Psnr(expected, painted));
    }

    [TestMethod]
    public async Task AnotherNumberIsAnotherPostcard()
    {
        Image one = Image.FromPng(await Painter.PaintAsync("a blue lake", 7)), other = Image.FromPng(await Painter.PaintAsync("a blue lake", 8));
        Assert.IsLessThan(30, ImageMetrics.Psnr(one, other));
    }
}
