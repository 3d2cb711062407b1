namespace IlgpuDiffusion;

/// <summary>How a model is calibrated.</summary>
public sealed record CalibrationOptions
{
    /// <summary>For how long at most: what is of most use is measured first, and more ways and pictures the longer it may take. <see cref="Timeout.InfiniteTimeSpan"/> for all that there is to measure.</summary>
    public TimeSpan Time { get; init; } = TimeSpan.FromMinutes(4);

    /// <summary>How many pictures at most.</summary>
    public int Pictures { get; init; } = 4;

    /// <summary>What is painted where the request has no prompt, one after the other: the more different they are, the better what is measured holds for others. Those of what a model is used for are best.</summary>
    public IReadOnlyList<string> Prompts { get; init; } =
    [
        "a green meadow by day with a red house on the left and snowy gray mountains",
        "a blue lake at sunset with a boat with a white sail in the middle",
        "an autumn field under a blue sky with two round trees on the right",
        "a snowy field at night with the moon on the left and a pine tree",
        "a portrait of an old fisherman with a gray beard, soft light from a window",
        "a bowl of lemons and grapes on a wooden table beside a blue jug",
        "a busy street in the rain at night, lights on wet stones, people with umbrellas",
        "a black and white cat asleep on a stack of books",
        "the hall of a library with tall windows and a spiral staircase",
        "a close picture of a dandelion in the morning dew",
        "a red train on a stone bridge over a valley, seen from above",
        "an astronaut who rides a horse on the moon, oil painting",
    ];
}
