using IlgpuDiffusion.Costs;

namespace IlgpuDiffusion.Tests.Costs;

/// <summary>What is kept in the user's folder, when others write there too and when it is damaged.</summary>
[TestClass]
public sealed class UserCacheTests
{
    private const string Kind = "rates";

    private string _folder = "";

    [TestInitialize]
    public void Make() => _folder = Directory.CreateTempSubdirectory("cache").FullName;

    [TestCleanup]
    public void Remove() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    public void WhatOthersKeepMeanwhileIsNotLost()
    {
        const int Others = 24;
        Parallel.For(0, Others, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
            new UserCache(_folder).Update(Kind, "key", kept => new CostModel.KeptRates("one", [.. kept?.Samples ?? [], Sample($"op{i}")]), KeptCosts.Default.KeptRates));
        CollectionAssert.AreEquivalent(Enumerable.Range(0, Others).Select(i => $"op{i}").ToArray(), Read()!.Samples.Select(sample => sample.Op).ToArray());
    }

    [TestMethod]
    public void WhatCannotBeKeptIsSaid()
    {
        string file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        Assert.IsFalse(new UserCache(Path.Combine(file, "cache")).Update(Kind, "key", _ => new CostModel.KeptRates("one", []), KeptCosts.Default.KeptRates));
        Assert.IsTrue(new UserCache(_folder).Update(Kind, "key", _ => new CostModel.KeptRates("one", []), KeptCosts.Default.KeptRates));
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("null")]
    [DataRow("{}")]
    [DataRow("[]")]
    [DataRow("{\"Measurement\":\"one\",\"Samples\":[{\"Op\":\"a\"", DisplayName = "cut off")]
    [DataRow("{\"Measurement\":\"one\",\"Samples\":null}")]
    [DataRow("{\"Measurement\":\"one\",\"Samples\":[null]}")]
    [DataRow("{\"Measurement\":null,\"Samples\":[]}")]
    [DataRow("{\"Measurement\":\"one\",\"Samples\":[{\"Op\":null,\"Form\":\"f\",\"Operands\":\"o\",\"Channels\":[],\"Guess\":1,\"Seconds\":1}]}")]
    [DataRow("{\"Measurement\":\"one\",\"Samples\":[{\"Op\":\"a\",\"Form\":\"f\",\"Operands\":\"o\",\"Channels\":[],\"Guess\":1,\"Seconds\":-1}]}")]
    public void WhatIsDamagedIsAsIfItWereNotThere(string content)
    {
        Keep();
        File.WriteAllText(Directory.GetFiles(_folder, $"{Kind}-*.json").Single(), content);
        Assert.IsNull(Read());
        Keep();
        Assert.HasCount(1, Read()!.Samples);
    }

    [TestMethod]
    public void WhereNothingCanBeKeptIsSaidBeforehand()
    {
        string file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        _folder = Path.Combine(file, "cache");
        try
        {
            Keep();
            Assert.IsNull(Read());
            StringAssert.Contains(Assert.ThrowsExactly<IOException>(new UserCache(_folder).CheckWritable).Message, $"the folder '{_folder}' cannot be made or written to. Make it writable, or name another (XDG_CACHE_HOME");
        }
        finally
        {
            _folder = Path.GetDirectoryName(file)!;
        }

        new UserCache(_folder).CheckWritable();
        CollectionAssert.AreEqual(new[] { file }, Directory.GetFileSystemEntries(_folder), "nothing is left behind");
    }

    private static CostSample Sample(string op) => new(op, op, "", [], 1, 1);

    private void Keep() => new UserCache(_folder).Update(Kind, "key", _ => new CostModel.KeptRates("one", [Sample("a")]), KeptCosts.Default.KeptRates);

    private CostModel.KeptRates? Read() => new UserCache(_folder).Read(Kind, "key", () => KeptCosts.Default.KeptRates);
}
