using IlgpuDiffusion.Acceleration;

namespace IlgpuDiffusion.Tests.Acceleration;

/// <summary>Budgets as people write them.</summary>
[TestClass]
public sealed class AccelerationBudgetTests
{
    [TestMethod]
    [DataRow("2x", BudgetKind.Speed, 2.0, "2x")]
    [DataRow("1.25X", BudgetKind.Speed, 1.25, "1.25x")]
    [DataRow("3s", BudgetKind.Seconds, 3.0, "3s")]
    [DataRow("0.5 s", BudgetKind.Seconds, 0.5, "0.5s")]
    [DataRow("40dB", BudgetKind.Decibels, 40.0, "40dB")]
    [DataRow("32.5db", BudgetKind.Decibels, 32.5, "32.5dB")]
    [DataRow("fast", BudgetKind.Speed, 2.0, "2x")]
    public void ABudgetIsRead(string text, BudgetKind kind, double value, string written)
    {
        AccelerationBudget budget = AccelerationBudget.Parse(text);
        Assert.AreEqual(new AccelerationBudget(kind, value), budget);
        Assert.AreEqual(written, budget.ToString());
    }

    [TestMethod]
    [DataRow("2")]
    [DataRow("0.5x")]
    [DataRow("0s")]
    [DataRow("-3s")]
    [DataRow("x")]
    [DataRow("quick")]
    [DataRow("")]
    public void WhatIsNoBudgetIsRefused(string text) => Assert.ThrowsExactly<PolicyException>(() => AccelerationBudget.Parse(text));
}
