using System.Text.Json;
using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Tests.Models;

namespace IlgpuDiffusion.Tests.Acceleration;

[TestClass]
public sealed class GridGoldenTests
{
    [TestMethod]
    public void TheCountsOfTilesAreThePublishedOnes()
    {
        JsonElement table = new AccelerationCase("hypertile", "divisors").Table();
        int sides = 0;
        foreach (JsonProperty least in table.GetProperty("counts").EnumerateObject())
        {
            foreach (JsonProperty side in least.Value.EnumerateObject())
            {
                int[] expected = [.. side.Value.EnumerateArray().Select(count => count.GetInt32())];
                int[] counts = AxisCuts.Published(Number(side.Name), Number(least.Name), int.MaxValue);
                CollectionAssert.AreEqual(expected, counts, $"side {side.Name}, at least {least.Name}");
                CollectionAssert.AreEqual(expected[..Math.Min(2, expected.Length)], AxisCuts.Published(Number(side.Name), Number(least.Name), 2));
                sides++;
            }
        }

        Assert.IsGreaterThan(1000, sides);
    }

    [TestMethod]
    public void TilesHoldTheRecordedTokens()
    {
        AccelerationCase recorded = new("hypertile", "split");
        foreach (JsonElement row in recorded.Params.EnumerateArray().Where(row => row.GetProperty("rectangular").GetBoolean()))
        {
            (int height, int width, int nh, int nw) = (Int(row, "height"), Int(row, "width"), Int(row, "nh"), Int(row, "nw"));
            int[] rectangles = new TileGrid(AxisCuts.Even(height, nh), AxisCuts.Even(width, nw)).Rectangles(nh * nw);
            long[] tokens =
            [
                .. from image in Enumerable.Range(0, 2)
                   from tile in rectangles.Chunk(4)
                   from y in Enumerable.Range(tile[0], tile[1] - tile[0])
                   from x in Enumerable.Range(tile[2], tile[3] - tile[2])
                   select (long)((((image * height) + y) * width) + x),
            ];
            string name = row.GetProperty("tensor").GetString()!;
            CollectionAssert.AreEqual(recorded.Tensors.Longs(name), tokens, name);
        }
    }

    [TestMethod]
    [DataRow(TestDevices.Oracle)]
    [DataRow(TestDevices.Cpu)]
    [DataRow(TestDevices.IlgpuCpu)]
    public void GridsAreResampledAsRecorded(string deviceName)
    {
        using Device device = TestDevices.Create(deviceName);
        AccelerationCase recorded = new("todo", "resample");
        GoldenTensors tensors = recorded.Tensors;
        int cases = 0;
        foreach (JsonElement row in recorded.Params.EnumerateArray())
        {
            string name = row.GetProperty("tensor").GetString()!;
            GridMethod? method = row.GetProperty("mode").GetString() switch
            {
                "nearest" => GridMethod.Nearest,
                "nearest-exact" => GridMethod.NearestExact,
                "bilinear" => GridMethod.Bilinear,
                "bicubic" => GridMethod.Bicubic,
                "area" or "avg_pool" => GridMethod.Average,
                _ => null,
            };
            if (method is not { } known || row.TryGetProperty("throws", out _) || !row.TryGetProperty("new_height", out _) || !Divides(row))
            {
                continue;
            }

            Grid from = new(Int(row, "height"), Int(row, "width")), to = new(Int(row, "new_height"), Int(row, "new_width"));
            if (tensors.Has($"index.{name}"))
            {
                int[] rows = AxisTaps.Of(known, from.Height, to.Height).Points, columns = AxisTaps.Of(known, from.Width, to.Width).Points;
                CollectionAssert.AreEqual(tensors.Longs($"index.{name}"), (long[])[.. rows.SelectMany(y => columns.Select(x => (long)((y * from.Width) + x)))], name);
                cases++;
            }

            if (tensors.Has(name))
            {
                float[] x = tensors.Floats($"x.{from.Height}x{from.Width}");
                float[] y = Resample(device, x, from, to, known);
                y = name.StartsWith("back.", StringComparison.Ordinal) ? Resample(device, y, to, from, known) : y;
                GoldenAssert.Close(tensors.Floats(name), y, recorded.Tolerance, $"{deviceName} {name}");
                cases++;
            }
        }

        Assert.IsGreaterThan(40, cases);
    }

    [TestMethod]
    [DataRow(TestDevices.Oracle)]
    [DataRow(TestDevices.Cpu)]
    [DataRow(TestDevices.IlgpuCpu)]
    public void TokensAreMergedAsRecorded(string deviceName)
    {
        using Device device = TestDevices.Create(deviceName);
        foreach (AccelerationCase recorded in AccelerationCase.Of("tome", "matching.").Where(c => c.Int("r") > 0))
        {
            GoldenTensors tensors = recorded.Tensors;
            Grid grid = new(recorded.Int("height"), recorded.Int("width"));
            long[]? drawn = tensors.Has("drawn") ? tensors.Longs("drawn") : null;
            int[] destinations = TokenCells.Destinations(grid, recorded.Int("sy"), recorded.Int("sx"), drawn is null ? null : cell => (int)drawn[cell]);
            CollectionAssert.AreEqual(tensors.Longs("dst").Order().ToArray(), destinations.Select(d => (long)d).ToArray(), recorded.Name);
            int tokens = grid.Height * grid.Width, batch = recorded.Int("batch"), merged = Math.Min(recorded.Int("r"), tokens - destinations.Length);

            // Tokens that have become one have the same mean of unit vectors.
            float[] unit = [.. Enumerable.Range(0, batch * tokens).SelectMany(n => Enumerable.Range(0, tokens).Select(m => n % tokens == m ? 1f : 0f))];
            float[] groups = Merge(device, tensors, recorded, grid, destinations, merged, unit, tokens);
            long[] target = tensors.Longs("target");
            for (int i = 0; i < groups.Length; i++)
            {
                (int n, int m) = Math.DivRem(i, tokens);
                Assert.AreEqual(target[n] == target[(n / tokens * tokens) + m], groups[i] != 0, $"{deviceName} {recorded.Name}: tokens {n} and {m}");
            }

            float[] x = tensors.Floats("x");
            GoldenAssert.Close(tensors.Floats("unmerged"), Merge(device, tensors, recorded, grid, destinations, merged, x, x.Length / batch / tokens), recorded.Tolerance, $"{deviceName} {recorded.Name}");
        }
    }

    private static float[] Merge(Device device, GoldenTensors tensors, AccelerationCase recorded, Grid grid, int[] destinations, int merged, float[] x, int channels)
    {
        Graph graph = new();
        int tokens = grid.Height * grid.Width, batch = recorded.Int("batch");
        Value metric = graph.Input("metric", new Shape(batch, grid.Height, grid.Width, (int)tensors.Shape("metric")[^1]), Stage.Request);
        Value to = graph.Input("destinations", new TensorType(new Shape(1, 1, destinations.Length, 1), ElementType.I32), Stage.Request);
        Value values = graph.Input("x", new Shape(batch, grid.Height, grid.Width, channels), Stage.Request);
        Value matching = metric.MatchTokens(to, merged);
        Value result = values.MergeTokens(matching, tokens - merged).UnmergeTokens(matching, grid.Height, grid.Width);
        return ModelRunner.Run(device, null, [result], ("metric", tensors.Floats("metric")), ("destinations", destinations), ("x", x))[0];
    }

    private static float[] Resample(Device device, float[] x, Grid from, Grid to, GridMethod method)
    {
        Graph graph = new();
        Value input = graph.Input("x", new Shape(2, from.Height, from.Width, x.Length / (2 * from.Height * from.Width)), Stage.Request);
        AxisTaps rows = AxisTaps.Of(method, from.Height, to.Height), columns = AxisTaps.Of(method, from.Width, to.Width);
        Value y = input.Resample(Taps("rows", rows), Taps("columns", columns));
        return ModelRunner.Run(device, null, [y], ("x", x), ("rows", rows.Points), ("rows.weights", rows.Weights), ("columns", columns.Points), ("columns.weights", columns.Weights))[0];

        AxisTapValues Taps(string name, AxisTaps taps)
        {
            Shape shape = new(1, 1, taps.Points.Length / taps.Taps, taps.Taps);
            return new AxisTapValues(graph.Input(name, new TensorType(shape, ElementType.I32), Stage.Request), graph.Input($"{name}.weights", shape, Stage.Request));
        }
    }

    // Where a window of the original's pooling does not divide the sides it leaves out what is over, which no other method does.
    private static bool Divides(JsonElement row) =>
        row.GetProperty("mode").GetString() != "avg_pool" || (Int(row, "height") % Int(row, "new_height") == 0 && Int(row, "width") % Int(row, "new_width") == 0);

    private static int Int(JsonElement row, string name) => row.GetProperty(name).GetInt32();

    private static int Number(string text) => int.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
